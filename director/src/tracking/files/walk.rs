//! The way to a file: every folder on it, through links, with the name that leads on.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The kernel does not go through more.
const LINKS: u32 = 40;

/// Calls `visit` for every folder before it looks for the name in it, and ends where the way does.
/// Whatever comes to lead elsewhere after that happens to one of these names.
pub(super) fn walk(path: &Path, mut visit: impl FnMut(&Path, &OsStr)) {
    let mut here = PathBuf::from("/");
    let mut ahead = names(path);
    let mut links = 0;
    while let Some(name) = ahead.pop() {
        if name == ".." {
            here.pop();
            continue;
        }
        visit(&here, &name);
        here.push(&name);
        let Ok(metadata) = fs::symlink_metadata(&here) else { return };
        if !metadata.is_symlink() {
            continue;
        }
        let Ok(target) = fs::read_link(&here) else { return };
        links += 1;
        if links > LINKS {
            return;
        }
        here.pop();
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        ahead.extend(names(&target));
    }
}

/// The names on a path, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use lab::Folder;

    use super::*;

    #[test]
    fn links_are_followed_and_what_is_missing_ends_the_way() {
        let folder = Folder::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/file"), "").unwrap();
        symlink("../a/b", root.join("a/link")).unwrap();
        symlink(root.join("a/link/file"), root.join("start")).unwrap();
        symlink("circle", root.join("circle")).unwrap();
        // Without the folders above ours.
        let way = |path: &str| {
            let mut way = Vec::new();
            walk(&root.join(path), |folder, name| {
                if let Ok(folder) = folder.strip_prefix(&root) {
                    way.push(folder.join(name).to_string_lossy().into_owned());
                }
            });
            way
        };
        assert_eq!(way("a/b/file"), ["a", "a/b", "a/b/file"]);
        assert_eq!(way("./a//b/../b/missing/file"), ["a", "a/b", "a/b", "a/b/missing"]);
        assert_eq!(way("a/b/file/below"), ["a", "a/b", "a/b/file", "a/b/file/below"]);
        assert_eq!(way("start"), ["start", "a", "a/link", "a", "a/b", "a/b/file"]);
        assert_eq!(way("circle/x"), ["circle"; 41]);
        let mut above = Vec::new();
        walk(Path::new("/../../nothing-is-called-this"), |folder, _| above.push(folder.to_owned()));
        assert_eq!(above, [Path::new("/")]);
    }
}
