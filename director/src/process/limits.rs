//! What the system grants.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// As many open files as are allowed: every router has one, and the usual limit of 1024 is meant for
/// programs of another kind.
pub fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(errno) = raised {
        tracing::warn!(%errno, "the limit of open files stays as it is");
    }
}
