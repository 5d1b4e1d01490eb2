//! A file is made with a number in it.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

use super::regular::{FileError, open};

/// Makes the file; one that is there is left as it is, or overwritten. What is a link, or has another
/// name, is never written to: somebody may have put it there to have another file overwritten.
pub(super) fn write(path: &Path, value: i32, overwrites: bool) -> Result<(), FileError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path);
    let mut file = match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if !overwrites {
                return Ok(());
            }
            let file = open(path, OFlag::O_NOFOLLOW, OpenOptions::new().write(true))?;
            if file.metadata()?.nlink() > 1 {
                return Err(FileError::HasOtherNames);
            }
            file.set_len(0)?;
            file
        }
        made => made?,
    };
    file.write_all(format!("{value}\n").as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use lab::Folder;

    use super::*;

    #[test]
    fn a_file_is_made_or_overwritten() {
        let folder = Folder::new().unwrap();
        let path = folder.path().join("number");
        write(&path, 12, false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "12\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7133, 0);
        write(&path, 3, false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "12\n");
        write(&path, -3, true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "-3\n");
        assert!(write(&folder.path().join("no/number"), 3, true).is_err());
    }

    #[test]
    fn no_other_file_is_overwritten() {
        let folder = Folder::new().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "gold").unwrap();
        let (link, name) = (folder.path().join("link"), folder.path().join("name"));
        symlink(&precious, &link).unwrap();
        fs::hard_link(&precious, &name).unwrap();
        assert!(matches!(write(&link, 1, true), Err(FileError::NotRegular)));
        assert!(matches!(write(&name, 1, true), Err(FileError::HasOtherNames)));
        assert!(matches!(write(folder.path(), 1, true), Err(FileError::NotRegular)));
        assert_eq!(fs::read_to_string(&precious).unwrap(), "gold");
        // A link that leads nowhere makes nothing elsewhere.
        fs::remove_file(&link).unwrap();
        symlink(folder.path().join("elsewhere"), &link).unwrap();
        assert!(write(&link, 1, true).is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }
}
