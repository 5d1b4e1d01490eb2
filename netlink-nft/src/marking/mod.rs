//! Packets that get a mark by where they go.

mod marked;
mod table;

use std::os::fd::{AsFd, BorrowedFd};

use crate::error::FirewallError;
use crate::family::Family;
use crate::keeper::Keeper;
use table::{Maps, Priority};

pub use marked::{Marked, Transport};

/// Which packets to this machine get a mark, by destination address and port.
///
/// They get it at the hook `input`, before IPVS looks at them there: a service of IPVS by mark then stands for all of
/// these addresses and ports. Dropping it leaves everything in force.
#[expect(missing_debug_implementations, reason = "a connection has nothing to show")]
pub struct Marking(Keeper<Maps>);

impl Marking {
    /// Opens the firewall of the calling thread's network namespace. This makes nothing yet.
    ///
    /// The name of the table has 1 to 255 octets. Chains with a smaller priority see packets earlier; IPVS has 98 and
    /// 99.
    ///
    /// # Errors
    /// [`FirewallError`], with [`FirewallError::NotOurs`] when somebody else has a table of this name.
    pub fn open(table: &str, priority: i32) -> Result<Self, FirewallError> {
        Self::of(None, table, priority)
    }

    /// Opens that of another network namespace, which a file such as `/run/netns/NAME` stands for. It needs
    /// `CAP_SYS_ADMIN`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in(
        namespace: impl AsFd,
        table: &str,
        priority: i32,
    ) -> Result<Self, FirewallError> {
        Self::of(Some(namespace.as_fd()), table, priority)
    }

    fn of(
        namespace: Option<BorrowedFd<'_>>,
        table: &str,
        priority: i32,
    ) -> Result<Self, FirewallError> {
        Keeper::open(namespace, table, Priority(priority)).map(Self)
    }

    /// Marks these packets and no others, in one transaction.
    ///
    /// The same again changes nothing, except that a table which somebody else took away is put back.
    ///
    /// # Errors
    /// [`FirewallError`], with [`FirewallError::Range`] for a range that is none. Then what was marked before still is,
    /// unless the kernel's answer was lost. No two are to have an address and a port in common: of two that are equal the
    /// last one counts, and others are mostly [refused](FirewallError::Refused) by the kernel.
    pub fn set(&mut self, marked: &[Marked]) -> Result<(), FirewallError> {
        let (ipv4, ipv6) = (Maps::of(Family::Ipv4, marked)?, Maps::of(Family::Ipv6, marked)?);
        self.0.apply(&[(Family::Ipv4, Some(ipv4)), (Family::Ipv6, Some(ipv6))])
    }

    /// Takes the table away, with everything in it. When there is none this is no error.
    ///
    /// # Errors
    /// [`FirewallError`].
    pub fn remove(&mut self) -> Result<(), FirewallError> {
        self.0.remove()
    }
}
