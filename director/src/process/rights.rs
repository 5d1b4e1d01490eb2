//! Rights that the daemon keeps; all others are given up.

use caps::{CapSet, Capability, CapsHashSet};

/// What is needed: addresses and routes, raw sockets, to run scripts as their users and to end them,
/// and FIFOs that belong to others.
const NEEDED: [Capability; 6] = [
    Capability::CAP_NET_ADMIN,
    Capability::CAP_NET_RAW,
    Capability::CAP_SETUID,
    Capability::CAP_SETGID,
    Capability::CAP_KILL,
    Capability::CAP_CHOWN,
];

/// Gives up every capability of this thread, and of those it starts from now on, but the needed ones.
///
/// Scripts that run as root have all rights of root again: the kernel gives them on `exec`.
///
/// # Errors
/// When the kernel refuses.
pub fn keep_needed() -> Result<(), caps::errors::CapsError> {
    let has: CapsHashSet = caps::read(None, CapSet::Permitted)?;
    let keep: CapsHashSet = NEEDED.into_iter().filter(|needed| has.contains(needed)).collect();
    caps::set(None, CapSet::Effective, &keep)?;
    caps::set(None, CapSet::Permitted, &keep)?;
    Ok(())
}
