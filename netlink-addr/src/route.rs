//! A route: `struct rtmsg` and its attributes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_conn::{Attributes, Message, Request};

use crate::address::Scope;
use crate::attribute::{check_prefix_length, ip, number, write_ip};
use crate::error::OutOfRange;
use crate::uapi;

/// A route with at most one next hop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The network that it leads to; all bits zero and a length of 0 for the default route.
    pub destination: IpAddr,
    /// Bits of the network: 0 to 32, or 0 to 128.
    pub prefix_length: u8,
    /// What it does with packets.
    pub kind: RouteKind,
    /// The next router.
    pub gateway: Option<IpAddr>,
    /// Index of the interface that packets leave through.
    pub interface: Option<u32>,
    /// The source address of this machine's own packets.
    pub source: Option<IpAddr>,
    /// The table; 254 is `main`.
    pub table: u32,
    /// Among routes to the same network the lowest is taken. 0 is the kernel's own choice: 0 in IPv4,
    /// 1024 in IPv6.
    pub metric: u32,
    /// Type of service that it is for.
    pub tos: u8,
    /// How far away the destination is; IPv4 only. `None` is what follows from the rest.
    pub scope: Option<Scope>,
    /// Who put it there (`RTPROT_…`).
    pub protocol: u8,
    /// The gateway is on the link, whatever the addresses say.
    pub is_on_link: bool,
    /// The MTU towards the destination, in octets.
    pub mtu: Option<u32>,
}

/// `RTN_…` of `include/uapi/linux/rtnetlink.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteKind {
    /// To a gateway or a link.
    Unicast,
    /// To this machine.
    Local,
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
    fn number(self) -> u8 {
        match self {
            Self::Unicast => 1,
            Self::Local => 2,
            Self::Blackhole => 6,
            Self::Unreachable => 7,
            Self::Prohibit => 8,
            Self::Throw => 9,
            Self::Other(number) => number,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Unicast,
            2 => Self::Local,
            6 => Self::Blackhole,
            7 => Self::Unreachable,
            8 => Self::Prohibit,
            9 => Self::Throw,
            other => Self::Other(other),
        }
    }
}

impl Route {
    /// The table `main`.
    pub const MAIN: u32 = 254;

    /// A route in the table `main` that is still without a gateway or an interface.
    ///
    /// # Errors
    /// [`OutOfRange`] for a prefix length that the family does not have.
    pub fn new(destination: IpAddr, prefix_length: u8) -> Result<Self, OutOfRange> {
        check_prefix_length(destination, prefix_length)?;
        Ok(Self {
            destination: network(destination, prefix_length),
            prefix_length,
            kind: RouteKind::Unicast,
            gateway: None,
            interface: None,
            source: None,
            table: Self::MAIN,
            metric: 0,
            tos: 0,
            scope: None,
            protocol: 0,
            is_on_link: false,
            mtu: None,
        })
    }

    /// Whether both are the same entry of the routing tables: what the kernel tells routes apart by.
    pub fn is_same(&self, other: &Self) -> bool {
        let metric = |route: &Self| match (route.metric, route.destination) {
            (0, IpAddr::V6(_)) => 1024,
            (metric, _) => metric,
        };
        let key = |route: &Self| {
            (route.destination, route.prefix_length, route.table, metric(route), route.tos)
        };
        key(self) == key(other)
            && self.kind == other.kind
            && self.gateway == other.gateway
            && self.interface.is_none_or(|index| other.interface.is_none_or(|o| o == index))
    }

    pub(crate) fn write(&self, request: &mut Request<'_>) {
        let (family, length) = match self.destination {
            IpAddr::V4(_) => (uapi::AF_INET, self.prefix_length),
            IpAddr::V6(_) => (uapi::AF_INET6, self.prefix_length),
        };
        let source_length = 0;
        let small_table = u8::try_from(self.table).unwrap_or(uapi::RT_TABLE_COMPAT);
        let scope = self.scope.unwrap_or(match (self.kind, self.gateway) {
            _ if self.destination.is_ipv6() => Scope::UNIVERSE,
            (RouteKind::Local, _) => Scope::HOST,
            (RouteKind::Unicast, None) => Scope::LINK,
            _ => Scope::UNIVERSE,
        });
        let [f0, f1, f2, f3] =
            if self.is_on_link { uapi::RTNH_F_ONLINK.to_ne_bytes() } else { [0; 4] };
        request.fixed(&[
            family,
            length,
            source_length,
            self.tos,
            small_table,
            self.protocol,
            scope.0,
            self.kind.number(),
            f0,
            f1,
            f2,
            f3,
        ]);
        if self.prefix_length > 0 {
            write_ip(request, uapi::RTA_DST, self.destination);
        }
        request.attribute(uapi::RTA_TABLE, &self.table.to_ne_bytes());
        if let Some(gateway) = self.gateway {
            write_ip(request, uapi::RTA_GATEWAY, gateway);
        }
        if let Some(interface) = self.interface {
            request.attribute(uapi::RTA_OIF, &interface.to_ne_bytes());
        }
        if let Some(source) = self.source {
            write_ip(request, uapi::RTA_PREFSRC, source);
        }
        if self.metric != 0 {
            request.attribute(uapi::RTA_PRIORITY, &self.metric.to_ne_bytes());
        }
        if let Some(mtu) = self.mtu {
            request.nested(uapi::RTA_METRICS, |metrics| {
                metrics.attribute(uapi::RTAX_MTU, &mtu.to_ne_bytes());
            });
        }
    }

    /// The route in an `RTM_NEWROUTE` or `RTM_DELROUTE` message; `None` for those with several next
    /// hops, of other families, and of the caches.
    pub(crate) fn read(message: &Message<'_>) -> Option<Self> {
        let (fixed, attributes) = message.payload.split_first_chunk::<{ uapi::RTMSG }>()?;
        let [family, length, _, tos, table, protocol, scope, kind, f0, f1, f2, f3] = *fixed;
        let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
        if flags & uapi::RTM_F_CLONED != 0 {
            return None;
        }
        let any: IpAddr = match family {
            uapi::AF_INET => Ipv4Addr::UNSPECIFIED.into(),
            uapi::AF_INET6 => Ipv6Addr::UNSPECIFIED.into(),
            _ => return None,
        };
        let mut route = Self::new(any, 0).ok()?;
        route.prefix_length = length;
        route.tos = tos;
        route.table = table.into();
        route.protocol = protocol;
        route.scope = Some(Scope(scope));
        route.kind = RouteKind::from_number(kind);
        route.is_on_link = flags & uapi::RTNH_F_ONLINK != 0;
        for (kind, value) in Attributes::new(attributes) {
            match kind {
                uapi::RTA_DST => route.destination = ip(family, value)?,
                uapi::RTA_GATEWAY => route.gateway = ip(family, value),
                uapi::RTA_PREFSRC => route.source = ip(family, value),
                uapi::RTA_OIF => route.interface = Some(number(value)?),
                uapi::RTA_PRIORITY => route.metric = number(value)?,
                uapi::RTA_TABLE => route.table = number(value)?,
                uapi::RTA_MULTIPATH => return None,
                uapi::RTA_METRICS => {
                    let mtu = Attributes::new(value).find(|(kind, _)| *kind == uapi::RTAX_MTU);
                    route.mtu = mtu.and_then(|(_, value)| number(value));
                }
                _ => {}
            }
        }
        Some(route)
    }
}

/// The address with the bits of the host cleared: the kernel refuses others.
fn network(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            Ipv4Addr::from(u32::from(address) & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}
