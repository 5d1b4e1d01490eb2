//! Files that a configuration names, which can be anything.

use alloc::string::ToString;
use alloc::vec::Vec;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::libc::O_NONBLOCK;

/// The beginning of a regular file, `longest` octets at most. A FIFO is not waited for, and a device not read.
pub(super) fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        let problem = "it is no regular file".to_string();
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let mut octets = Vec::new();
    file.take(longest).read_to_end(&mut octets)?;
    Ok(octets)
}
