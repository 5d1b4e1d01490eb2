//! Whether a script that root runs can be changed by others.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

/// As the kernel: a link to a link to a link…
const MOST_LINKS: usize = 40;

/// The program that a name stands for: itself, or what `PATH` finds.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let is_program = |path: &Path| {
        let metadata = fs::metadata(path).ok();
        metadata.is_some_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    if name.contains('/') {
        let path = PathBuf::from(name);
        return (path.is_absolute() && is_program(&path)).then_some(path);
    }
    let path = env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin:/usr/sbin:/sbin".into());
    env::split_paths(&path).map(|folder| folder.join(name)).find(|path| is_program(path))
}

/// Whether a program has the rights of root whoever runs it.
pub(super) fn raises_rights(program: &Path) -> bool {
    const SET_USER: u32 = 0o4000;
    const SET_GROUP: u32 = 0o2000;
    fs::metadata(program).is_ok_and(|data| {
        let mode = data.permissions().mode();
        (data.uid() == 0 && mode & SET_USER != 0) || (data.gid() == 0 && mode & SET_GROUP != 0)
    })
}

/// Whether only root can change the program or what leads to it. The error says what is wrong.
pub(super) fn check(program: &Path) -> Result<(), String> {
    let mut links = 0;
    let mut todo: Vec<PathBuf> = vec![program.to_owned()];
    while let Some(path) = todo.pop() {
        let mut walked = PathBuf::from("/");
        let mut components = path.components();
        while let Some(component) = components.next() {
            match component {
                Component::RootDir | Component::Prefix(_) | Component::CurDir => {}
                Component::ParentDir => {
                    walked.pop();
                }
                Component::Normal(name) => walked.push(name),
            }
            let metadata = fs::symlink_metadata(&walked)
                .map_err(|error| format!("{} cannot be checked: {error}", walked.display()))?;
            if metadata.is_symlink() {
                links += 1;
                let target = fs::read_link(&walked)
                    .map_err(|error| format!("{} cannot be read: {error}", walked.display()))?;
                if links > MOST_LINKS {
                    return Err(format!("{} is a link that leads in a circle", program.display()));
                }
                walked.pop();
                // What follows belongs to what the link leads to.
                todo.push(walked.join(target).join(components.as_path()));
                break;
            }
            check_one(&walked, &metadata)?;
        }
    }
    Ok(())
}

fn check_one(path: &Path, metadata: &fs::Metadata) -> Result<(), String> {
    const OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    if metadata.uid() != 0 {
        return Err(format!("{} does not belong to root", path.display()));
    }
    let mode = metadata.permissions().mode();
    let is_sticky_folder = metadata.is_dir() && mode & STICKY != 0;
    if mode & OTHERS_WRITE != 0 && !is_sticky_folder {
        return Err(format!("{} can be changed by others than root", path.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn write(path: &Path, mode: u32) {
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_others_can_change_is_found_also_behind_links() {
        let folder = env::temp_dir().join(format!("security-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let (good, bad, link) = (folder.join("good"), folder.join("bad"), folder.join("link"));
        write(&good, 0o755);
        write(&bad, 0o777);
        symlink("bad", &link).unwrap();
        let is_root = nix::unistd::geteuid().is_root();
        assert_eq!(check(&good).is_ok(), is_root, "{:?}", check(&good));
        assert!(check(&bad).is_err());
        assert!(check(&link).is_err());
        symlink("circle", folder.join("circle")).unwrap();
        assert!(check(&folder.join("circle")).is_err());
        assert!(check(&folder.join("missing")).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn programs_are_looked_for_in_the_path() {
        assert!(find("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(find("/etc/passwd"), None);
        assert_eq!(find("no-such-program"), None);
    }
}
