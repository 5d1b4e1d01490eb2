//! What a virtual router is told to be. A [`Config`] is valid by construction.

mod address_set;
mod announcements;

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::num::NonZeroU8;
use core::time::Duration;

use vrrp_proto::{
    Addresses, Advertisement, Centiseconds, Interval, OutOfRange, Priority, Seconds, Version, Vrid,
};

pub(crate) use address_set::AddressSet;
pub use announcements::Announcements;

/// The RFCs' "3 * Active_Adver_Interval".
const DOWN_INTERVALS: NonZeroU8 = NonZeroU8::new(3).expect("3 is not 0");

/// The configuration of one virtual router.
///
/// The three constructors take what has no default and check it; the setters cannot make it invalid.
///
/// ```
/// use core::time::Duration;
/// use vrrp_fsm::{Config, proto::{Centiseconds, Priority, Vrid}};
///
/// let config = Config::v3_ipv4(
///     Vrid::new(51)?,
///     Priority::new(150)?,
///     Centiseconds::new(10)?,
///     ["192.0.2.10".parse()?],
/// )?
/// .preempt_delay(Duration::from_secs(60));
/// assert_eq!(config.addresses().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) vrid: Vrid,
    pub(crate) priority: Priority,
    pub(crate) protocol: Protocol,
    pub(crate) preempt: bool,
    pub(crate) preempt_delay: Duration,
    pub(crate) accept: bool,
    pub(crate) answer_losing: bool,
    pub(crate) announcements: Announcements,
    pub(crate) active_down_intervals: NonZeroU8,
    pub(crate) advertises_before_yielding: bool,
    pub(crate) checks_addresses: bool,
    pub(crate) owner_conflict: OwnerConflict,
    pub(crate) startup_delay: Duration,
    /// The highest priority of other routers.
    pub(crate) yields_when_late: Option<Priority>,
}

/// What an owner of the virtual addresses (priority 255) does with the advertisements of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "it listens or it does not")]
pub enum OwnerConflict {
    /// Discards them (RFC 9568 section 7.1). Two owners both stay Active.
    #[default]
    Discard,
    /// Takes part in the election as every router does: of two owners the one with the lower address
    /// yields, and the network has one Active router while the configuration is wrong.
    Elect,
}

/// Version and family, with the interval's unit and the addresses that belong to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    V2 { interval: Seconds, addresses: AddressSet<Ipv4Addr> },
    V3Ipv4 { interval: Centiseconds, addresses: AddressSet<Ipv4Addr> },
    V3Ipv6 { interval: Centiseconds, addresses: AddressSet<Ipv6Addr> },
}

impl Config {
    /// A virtual router of VRRPv2 (RFC 3768).
    ///
    /// # Errors
    /// [`ConfigError`] for a priority of 0 and for addresses that cannot be virtual ones.
    pub fn v2(
        vrid: Vrid,
        priority: Priority,
        interval: Seconds,
        addresses: impl Into<Vec<Ipv4Addr>>,
    ) -> Result<Self, ConfigError> {
        let addresses = AddressSet::new(addresses.into())?;
        // RFC 3768 section 6.4.3: a losing advertisement is discarded.
        Ok(Self::new(vrid, priority, Protocol::V2 { interval, addresses })?.answer_losing(false))
    }

    /// A virtual router of VRRPv3 over IPv4 (RFC 9568).
    ///
    /// # Errors
    /// As [`Config::v2`].
    pub fn v3_ipv4(
        vrid: Vrid,
        priority: Priority,
        interval: Centiseconds,
        addresses: impl Into<Vec<Ipv4Addr>>,
    ) -> Result<Self, ConfigError> {
        let addresses = AddressSet::new(addresses.into())?;
        Self::new(vrid, priority, Protocol::V3Ipv4 { interval, addresses })
    }

    /// A virtual router of VRRPv3 over IPv6 (RFC 9568).
    ///
    /// Link-local addresses are put first, as section 5.2.9 demands;
    /// [`lacks_link_local`](Self::lacks_link_local) tells when there is none.
    ///
    /// # Errors
    /// As [`Config::v2`].
    pub fn v3_ipv6(
        vrid: Vrid,
        priority: Priority,
        interval: Centiseconds,
        addresses: impl Into<Vec<Ipv6Addr>>,
    ) -> Result<Self, ConfigError> {
        let mut addresses = addresses.into();
        addresses.sort_by_key(|address| !address.is_unicast_link_local());
        let addresses = AddressSet::new(addresses)?;
        Self::new(vrid, priority, Protocol::V3Ipv6 { interval, addresses })
    }

    /// A router without virtual addresses, which only elects: an extension of keepalived. The version is that of
    /// the interval.
    ///
    /// # Errors
    /// [`ConfigError::Priority`], and [`ConfigError::NoSuchVersion`] for VRRPv2 over IPv6.
    pub fn without_addresses(
        vrid: Vrid,
        priority: Priority,
        interval: Interval,
        is_ipv6: bool,
    ) -> Result<Self, ConfigError> {
        match (interval, is_ipv6) {
            (Interval::V2(interval), false) => {
                let protocol = Protocol::V2 { interval, addresses: AddressSet::none() };
                Ok(Self::new(vrid, priority, protocol)?.answer_losing(false))
            }
            (Interval::V3(interval), false) => {
                let protocol = Protocol::V3Ipv4 { interval, addresses: AddressSet::none() };
                Self::new(vrid, priority, protocol)
            }
            (Interval::V3(interval), true) => {
                let protocol = Protocol::V3Ipv6 { interval, addresses: AddressSet::none() };
                Self::new(vrid, priority, protocol)
            }
            (Interval::V2(_), true) => Err(ConfigError::NoSuchVersion),
        }
    }

    /// Whether it has no virtual addresses.
    pub fn only_elects(&self) -> bool {
        match self.addresses() {
            Addresses::V4(list) => list.is_empty(),
            Addresses::V6(list) => list.is_empty(),
        }
    }

    fn new(vrid: Vrid, priority: Priority, protocol: Protocol) -> Result<Self, ConfigError> {
        if priority.is_stopped() {
            return Err(ConfigError::Priority);
        }
        Ok(Self {
            vrid,
            priority,
            protocol,
            preempt: true,
            preempt_delay: Duration::ZERO,
            accept: true,
            answer_losing: true,
            announcements: Announcements::default(),
            active_down_intervals: DOWN_INTERVALS,
            advertises_before_yielding: false,
            checks_addresses: true,
            owner_conflict: OwnerConflict::default(),
            startup_delay: Duration::ZERO,
            yields_when_late: None,
        })
    }

    /// An Active router that was not run for so long that a router with this priority must have taken over is
    /// Backup when it is run again (default: it goes on as Active, and an election follows). It is for
    /// routers that do not preempt: the one that took over stays.
    #[must_use]
    pub fn yield_when_late(mut self, others: Priority) -> Self {
        self.yields_when_late = Some(others);
        self
    }

    /// How many intervals of silence make Active_Down_Interval, besides Skew_Time (default: 3, as in
    /// the RFCs). All routers of a network should agree on it.
    #[must_use]
    pub fn active_down_intervals(mut self, intervals: NonZeroU8) -> Self {
        self.active_down_intervals = intervals;
        self
    }

    /// Whether an Active router that is outranked sends one more advertisement before it yields
    /// (default: false).
    #[must_use]
    pub fn advertise_before_yielding(mut self, advertise: bool) -> Self {
        self.advertises_before_yielding = advertise;
        self
    }

    /// Whether the addresses in an advertisement are compared with the configured ones (default: true).
    #[must_use]
    pub fn check_addresses(mut self, check: bool) -> Self {
        self.checks_addresses = check;
        self
    }

    /// What the owner does with the advertisements of others.
    #[must_use]
    pub fn owner_conflict(mut self, conflict: OwnerConflict) -> Self {
        self.owner_conflict = conflict;
        self
    }

    /// For how long after its start the router is deaf, mute and Backup (default: zero), so that a
    /// network that is still coming up elects nobody.
    #[must_use]
    pub fn startup_delay(mut self, delay: Duration) -> Self {
        self.startup_delay = delay;
        self
    }

    /// The same with another priority.
    ///
    /// # Errors
    /// [`ConfigError::Priority`] for 0.
    pub fn with_priority(mut self, priority: Priority) -> Result<Self, ConfigError> {
        if priority.is_stopped() {
            return Err(ConfigError::Priority);
        }
        self.priority = priority;
        Ok(self)
    }

    /// `Preempt_Mode` (default: true): whether a live Active router of lower priority is replaced.
    #[must_use]
    pub fn preempt(mut self, preempt: bool) -> Self {
        self.preempt = preempt;
        self
    }

    /// For how long advertisements of a lower priority are accepted before they are ignored
    /// (default: zero; `preempt/hold-time` of RFC 8347). It never delays the takeover from a router
    /// that is silent or stops.
    #[must_use]
    pub fn preempt_delay(mut self, delay: Duration) -> Self {
        self.preempt_delay = delay;
        self
    }

    /// `Accept_Mode`: whether packets to the virtual addresses are for this machine.
    ///
    /// Default: true, unlike in RFC 9568 section 6.1, because a program that takes a virtual address
    /// wants to serve on it. No action tells it: the driver asks [`accepts`](Self::accepts) and filters.
    #[must_use]
    pub fn accept_mode(mut self, accept: bool) -> Self {
        self.accept = accept;
        self
    }

    /// Whether an Active router answers a losing advertisement at once (default: true in VRRPv3 as
    /// RFC 9568 section 6.4.3 says, false in VRRPv2 as RFC 3768 section 6.4.3 says).
    #[must_use]
    pub fn answer_losing(mut self, answer: bool) -> Self {
        self.answer_losing = answer;
        self
    }

    /// When and how often the addresses are announced.
    #[must_use]
    pub fn announcements(mut self, announcements: Announcements) -> Self {
        self.announcements = announcements;
        self
    }

    /// The virtual router's identifier.
    pub fn vrid(&self) -> Vrid {
        self.vrid
    }

    /// The configured priority.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// The version of the protocol.
    pub fn version(&self) -> Version {
        match self.protocol {
            Protocol::V2 { .. } => Version::V2,
            Protocol::V3Ipv4 { .. } | Protocol::V3Ipv6 { .. } => Version::V3,
        }
    }

    /// Whether this is a virtual router of IPv6.
    pub fn is_ipv6(&self) -> bool {
        matches!(self.protocol, Protocol::V3Ipv6 { .. })
    }

    /// `Advertisement_Interval`.
    pub fn interval(&self) -> Interval {
        match self.protocol {
            Protocol::V2 { interval, .. } => Interval::V2(interval),
            Protocol::V3Ipv4 { interval, .. } | Protocol::V3Ipv6 { interval, .. } => {
                Interval::V3(interval)
            }
        }
    }

    /// The virtual addresses in the order in which they are advertised.
    pub fn addresses(&self) -> Addresses<'_> {
        match &self.protocol {
            Protocol::V2 { addresses, .. } | Protocol::V3Ipv4 { addresses, .. } => {
                Addresses::V4(addresses.list())
            }
            Protocol::V3Ipv6 { addresses, .. } => Addresses::V6(addresses.list()),
        }
    }

    /// Whether packets to the virtual addresses are accepted: with `Accept_Mode`, and by the owner.
    pub fn accepts(&self) -> bool {
        self.accept || self.priority.is_owner()
    }

    /// Whether this is an IPv6 router without the virtual link-local address that RFC 9568 section
    /// 5.2.9 demands. Peers may refuse its advertisements.
    pub fn lacks_link_local(&self) -> bool {
        match &self.protocol {
            Protocol::V3Ipv6 { addresses, .. } => {
                let list = addresses.list();
                !list.is_empty() && !list.starts_link_local()
            }
            _ => false,
        }
    }

    /// Whether `other` describes the same virtual router: family and VRID.
    pub(crate) fn is_same_router(&self, other: &Self) -> bool {
        (self.vrid, self.is_ipv6()) == (other.vrid, other.is_ipv6())
    }

    /// Whether the addresses of a received advertisement are these, in any order.
    #[inline]
    pub(crate) fn holds_addresses(&self, received: Addresses<'_>) -> bool {
        match (&self.protocol, received) {
            (
                Protocol::V2 { addresses, .. } | Protocol::V3Ipv4 { addresses, .. },
                Addresses::V4(received),
            ) => addresses.holds_exactly(received),
            (Protocol::V3Ipv6 { addresses, .. }, Addresses::V6(received)) => {
                addresses.holds_exactly(received)
            }
            _ => false,
        }
    }

    pub(crate) fn advertisement(&self, priority: Priority) -> Advertisement<'_> {
        match &self.protocol {
            Protocol::V2 { interval, addresses } => {
                Advertisement::v2(self.vrid, priority, *interval, addresses.list())
            }
            Protocol::V3Ipv4 { interval, addresses } => {
                Advertisement::v3_ipv4(self.vrid, priority, *interval, addresses.list())
            }
            Protocol::V3Ipv6 { interval, addresses } => {
                Advertisement::v3_ipv6(self.vrid, priority, *interval, addresses.list())
            }
        }
    }
}

/// What a virtual router cannot be configured to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Priority 0 is what a router says that stops; none can have it.
    #[error("priority is 0, allowed are 1 to 255")]
    Priority,
    /// No address, or more than the count octet can say.
    #[error(transparent)]
    AddressCount(#[from] OutOfRange),
    /// VRRPv2 is IPv4 only.
    #[error("the version is 2 and the family IPv6, allowed is version 3")]
    NoSuchVersion,
    /// A virtual address that no interface can have.
    #[error("virtual address is {0}, allowed are unicast addresses")]
    NotUnicast(IpAddr),
    /// The same address twice.
    #[error("virtual address {0} is there twice, allowed is once")]
    Duplicate(IpAddr),
}
