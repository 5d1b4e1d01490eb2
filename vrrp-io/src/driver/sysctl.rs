//! Settings of the network that netlink does not have.

use std::fs;
use std::io;
use std::path::PathBuf;

/// A file below `/proc/sys/net`, of the network namespace of the calling thread.
fn file(name: &str) -> PathBuf {
    PathBuf::from("/proc/sys/net").join(name)
}

pub(super) fn get(name: &str) -> io::Result<u32> {
    let text = fs::read_to_string(file(name))?;
    text.trim().parse().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, text))
}

/// Sets it, and says so in the log when that cannot be done: what it is for works less well then.
pub(super) fn set(name: &str, value: u32) {
    match fs::write(file(name), value.to_string()) {
        Ok(()) => {}
        // A kernel without it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(name, value, %error, "cannot change a setting of the network"),
    }
}
