//! Rights that the daemon keeps; all others are given up.

use caps::{CapSet, CapsHashSet};

pub use caps::Capability;

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

/// Whether scripts can be run with the rights of others.
pub fn can_change_user() -> bool {
    let has = |capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false);
    has(Capability::CAP_SETUID) && has(Capability::CAP_SETGID)
}

/// Held back, and used only where it is said: files that belong to others.
const HELD_BACK: Capability = Capability::CAP_DAC_OVERRIDE;

/// Does something that may open files of others: a configuration, or a FIFO that belongs to its user.
pub fn with_file_access<T>(job: impl FnOnce() -> T) -> T {
    // Without the capability the files say what may be done.
    let is_raised = caps::has_cap(None, CapSet::Permitted, HELD_BACK).unwrap_or(false)
        && !caps::has_cap(None, CapSet::Effective, HELD_BACK).unwrap_or(true)
        && caps::raise(None, CapSet::Effective, HELD_BACK).is_ok();
    let outcome = job();
    if is_raised && let Err(error) = caps::drop(None, CapSet::Effective, HELD_BACK) {
        tracing::error!(%error, "a right could not be given up again");
    }
    outcome
}

/// Gives up every capability of this thread, and of those it starts from now on, but the needed ones and
/// these.
///
/// Scripts that run as root have all rights of root again: the kernel gives them on `exec`.
///
/// # Errors
/// When the kernel refuses.
pub fn keep_needed(more: &[Capability]) -> Result<(), caps::errors::CapsError> {
    // A daemon that does not run as root may have been given these to pass on; scripts get none.
    caps::clear(None, CapSet::Ambient)?;
    caps::clear(None, CapSet::Inheritable)?;
    let has: CapsHashSet = caps::read(None, CapSet::Permitted)?;
    let mut keep: CapsHashSet =
        NEEDED.iter().chain(more).filter(|needed| has.contains(needed)).copied().collect();
    caps::set(None, CapSet::Effective, &keep)?;
    if has.contains(&HELD_BACK) {
        keep.insert(HELD_BACK);
    }
    caps::set(None, CapSet::Permitted, &keep)?;
    Ok(())
}
