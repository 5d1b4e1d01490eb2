//! What a router tells those who watch it.

use core::fmt;

use vrrp_proto::Priority;

/// The states of a virtual router (RFC 9568 section 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the states of the RFC, and its Initialize in two")]
pub enum State {
    /// Not started, or stopped.
    Initialize,
    /// Started, but something it needs is missing; the RFC's Initialize, waiting to be left.
    Fault,
    /// Watches the Active router.
    Backup,
    /// Has the virtual addresses and advertises.
    Active,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initialize => "Initialize",
            Self::Fault => "Fault",
            Self::Backup => "Backup",
            Self::Active => "Active",
        })
    }
}

/// Why a router changed its state. The reasons to become Active are those of
/// `vrrpv3StatisticsNewMasterReason` (RFC 6527) and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// It was started.
    Startup,
    /// It was stopped.
    Shutdown,
    /// It owns the virtual addresses (priority 255), so it does not wait.
    Owner,
    /// The Active router was not heard for Active_Down_Interval.
    ActiveSilent,
    /// The Active router said with priority 0 that it stops.
    ActiveStopped,
    /// The Active router has a lower priority.
    Preemption,
    /// A router with a higher priority, or with the same and a higher address, is Active.
    Outranked,
    /// Something that the router needs is missing.
    Fault(Fault),
    /// What was missing is back.
    Recovered,
    /// Another router of its group changed, and this one with it.
    Group,
    /// It was not run for so long that others must have taken over.
    Late,
}

/// Something without which a router cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The interface is down, has no carrier, or does not exist.
    InterfaceDown,
    /// The interface has no address to send from.
    NoPrimaryAddress,
    /// Something that the application tracks says no.
    Tracking,
    /// Another router of its group misses something.
    Group,
    /// It is to speak to single routers, and knows none.
    NoPeer,
    /// The virtual addresses could not be put on the interface. Tried again after
    /// [`ADDRESS_RETRY`](crate::ADDRESS_RETRY).
    AddressesRefused,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InterfaceDown => "the interface is down",
            Self::NoPrimaryAddress => "there is no address to send from",
            Self::Tracking => "something that is tracked has failed",
            Self::Group => "another member of the group has a fault",
            Self::NoPeer => "no peer is configured",
            Self::AddressesRefused => "the virtual addresses were refused",
        })
    }
}

impl Fault {
    pub(crate) const ALL: [Self; 6] = [
        Self::InterfaceDown,
        Self::NoPrimaryAddress,
        Self::Tracking,
        Self::Group,
        Self::NoPeer,
        Self::AddressesRefused,
    ];

    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Something that happened to a virtual router.
///
/// What packets cause is told once and not again before the next change of state, so a flood of
/// packets is no flood of events; the [`Stats`](crate::Stats) count every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The state changed.
    StateChanged {
        /// The state before.
        from: State,
        /// The state now.
        to: State,
        /// Why.
        cause: Cause,
    },
    /// This router is Active, and another one that loses against it advertises as well.
    OtherActive,
    /// Another router advertises from our own address.
    SameAddress,
    /// Another router claims to own the virtual addresses that are ours (both have priority 255).
    OtherOwner,
    /// An advertisement names other virtual addresses than are configured here.
    AddressListDiffers,
    /// An advertisement has another interval than is configured here.
    IntervalDiffers,
    /// The router runs with another priority from now on.
    PriorityChanged {
        /// The priority before.
        from: Priority,
        /// The priority now.
        to: Priority,
    },
    /// The virtual addresses were taken off the interface by someone else and are put back.
    AddressesRestored,
}
