//! What a route does, and where it stands among others.

/// `RTN_…` of `include/uapi/linux/rtnetlink.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteKind {
    /// To a gateway or a link.
    Unicast,
    /// To this machine.
    Local,
    /// To this machine when it is received, to all on the link when it is sent.
    Broadcast,
    /// To a multicast group.
    Multicast,
    /// Dropped without a word.
    Blackhole,
    /// Refused as unreachable.
    Unreachable,
    /// Refused as forbidden.
    Prohibit,
    /// Goes on with the next table.
    Throw,
    /// Another kind, by its number.
    Other(u8),
}

impl RouteKind {
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Unicast => 1,
            Self::Local => 2,
            Self::Broadcast => 3,
            Self::Multicast => 5,
            Self::Blackhole => 6,
            Self::Unreachable => 7,
            Self::Prohibit => 8,
            Self::Throw => 9,
            Self::Other(number) => number,
        }
    }

    pub(super) fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Unicast,
            2 => Self::Local,
            3 => Self::Broadcast,
            5 => Self::Multicast,
            6 => Self::Blackhole,
            7 => Self::Unreachable,
            8 => Self::Prohibit,
            9 => Self::Throw,
            other => Self::Other(other),
        }
    }
}

/// Where a new route goes when there are others to the same network, with the same metric and in the
/// same table.
///
/// In IPv6 these others are next hops of one route: a route that is put before or behind them becomes one
/// more next hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Insertion {
    /// In IPv4 before them; in IPv6 it is refused.
    #[default]
    Usual,
    /// Before them.
    Prepend,
    /// Behind them.
    Append,
    /// It is refused.
    Add,
}

/// How much a router is preferred among those with the same metric (RFC 4191); IPv6 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Preference {
    /// Less than others.
    Low,
    /// As most are.
    Medium,
    /// More than others.
    High,
}

impl Preference {
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Medium => 0,
            Self::High => 1,
            Self::Low => 3,
        }
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Medium),
            1 => Some(Self::High),
            3 => Some(Self::Low),
            _ => None,
        }
    }
}
