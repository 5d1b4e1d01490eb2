//! The network namespace that the daemon works in.

use std::fs::File;
use std::io;
use std::path::Path;

use nix::sched::{CloneFlags, setns};

/// Where iproute2 keeps them.
const FOLDER: &str = "/run/netns";

/// A namespace could not be entered.
#[derive(Debug, thiserror::Error)]
#[error("network namespace {name} cannot be entered")]
#[non_exhaustive]
pub struct NamespaceError {
    /// Its name.
    pub name: String,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Moves the calling thread into the network namespace of this name, and with it all threads that it starts
/// from now on.
///
/// # Errors
/// [`NamespaceError`]: there is none of this name, or `CAP_SYS_ADMIN` is missing.
pub fn enter(name: &str) -> Result<(), NamespaceError> {
    let failed = |source| NamespaceError { name: name.to_owned(), source };
    if name.is_empty() || name.contains('/') || name == ".." || name == "." {
        return Err(failed(io::ErrorKind::InvalidInput.into()));
    }
    let file = File::open(Path::new(FOLDER).join(name)).map_err(failed)?;
    setns(file, CloneFlags::CLONE_NEWNET).map_err(|errno| failed(errno.into()))
}

/// The file of a network namespace: one by name, or that of the first process when the name is empty.
pub(crate) fn file(name: &str) -> Result<File, String> {
    let path = match name {
        "" => Path::new("/proc/1/ns/net").to_owned(),
        name => Path::new(FOLDER).join(name),
    };
    File::open(&path).map_err(|error| format!("{}: {error}", path.display()))
}
