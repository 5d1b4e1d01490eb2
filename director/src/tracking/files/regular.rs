//! Regular files are opened and nothing else: opening a device can set something off, and opening a
//! FIFO waits for the other end.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

/// A tracked file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("it is not a regular file")]
    NotRegular,
    #[error("it has other names, by which it may be the file of somebody else")]
    HasOtherNames,
    #[error("its number does not fit into 32 bits and is ignored")]
    OutOfRange,
    #[error(transparent)]
    System(#[from] io::Error),
}

impl FileError {
    pub(super) fn is_missing(&self) -> bool {
        use io::ErrorKind::{NotADirectory, NotFound};
        matches!(self, Self::System(error) if matches!(error.kind(), NotFound | NotADirectory))
    }
}

/// Opens a file with these options; `flags` are for the look at what it is.
pub(super) fn open(
    path: &Path,
    flags: OFlag,
    options: &mut OpenOptions,
) -> Result<File, FileError> {
    let looking = (OFlag::O_PATH | flags).bits();
    let found = OpenOptions::new().read(true).custom_flags(looking).open(path)?;
    if !found.metadata()?.is_file() {
        return Err(FileError::NotRegular);
    }
    // The very same file, whatever is at the path by now.
    let same = format!("/proc/self/fd/{}", found.as_raw_fd());
    Ok(options.custom_flags(OFlag::O_NONBLOCK.bits()).open(same)?)
}
