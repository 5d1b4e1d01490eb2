//! Who put an address on an interface.

use nix::sys::utsname::uname;

/// The first Linux that keeps `IFA_PROTO`.
const KEEPS_ORIGIN: (u32, u32) = (5, 18);

/// `IFA_PROTO` of virtual addresses: the number that iproute2 shows as `proto keepalived`. It tells a
/// leftover of a crash from an address that somebody else put there.
pub(super) const ORIGIN: u8 = 18;

/// Whether the kernel tells who put an address on an interface.
pub(super) fn keeps_origin() -> bool {
    let release = uname().ok().map(|name| name.release().to_string_lossy().into_owned());
    let release = release.unwrap_or_default();
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit());
    let mut next = || numbers.next()?.parse().ok();
    next().zip(next()).is_some_and(|version: (u32, u32)| version >= KEEPS_ORIGIN)
}
