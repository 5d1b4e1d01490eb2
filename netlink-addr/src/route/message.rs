//! A route as a message: `struct rtmsg` and its attributes.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlink_conn::{Attributes, Request};

use super::encapsulation::Encapsulation;
use super::metrics::Metrics;
use super::next_hop::{NextHop, via, write_gateway};
use super::{Preference, Route, RouteKind};
use crate::address::Scope;
use crate::attribute::{family, ip, narrowing, number, short, write_ip, write_number};
use crate::uapi;

/// Ticks per second of the times that the kernel tells: `USER_HZ`.
const TICKS: u32 = 100;

impl Route {
    pub(crate) fn write(&self, request: &mut Request<'_>) {
        let is_ipv6 = self.destination.is_ipv6();
        let from = narrowing(self.from);
        let small_table = u8::try_from(self.table).unwrap_or(uapi::RT_TABLE_COMPAT);
        let flags = if self.is_on_link { uapi::RTNH_F_ONLINK } else { 0 };
        let [f0, f1, f2, f3] = u32::from(flags).to_ne_bytes();
        request.fixed(&[
            family(is_ipv6),
            self.prefix_length,
            from.map_or(0, |(_, length)| length),
            self.tos,
            small_table,
            self.protocol,
            self.scope.unwrap_or_else(|| self.usual_scope()).0,
            self.kind.number(),
            f0,
            f1,
            f2,
            f3,
        ]);
        if self.prefix_length > 0 {
            write_ip(request, uapi::RTA_DST, self.destination);
        }
        if let Some((address, _)) = from {
            write_ip(request, uapi::RTA_SRC, address);
        }
        if let Some(gateway) = self.gateway {
            write_gateway(request, is_ipv6, gateway);
        }
        if let Some(source) = self.source {
            write_ip(request, uapi::RTA_PREFSRC, source);
        }
        let numbers = [
            (uapi::RTA_TABLE, Some(self.table)),
            (uapi::RTA_OIF, self.interface),
            (uapi::RTA_PRIORITY, Some(self.metric).filter(|metric| *metric != 0)),
            (uapi::RTA_FLOW, self.realms),
            (uapi::RTA_EXPIRES, self.expires),
        ];
        for (kind, value) in numbers {
            write_number(request, kind, value);
        }
        self.metrics.write(self.mtu, request);
        if let Some(preference) = self.preference {
            request.attribute(uapi::RTA_PREF, &[preference.number()]);
        }
        if let Some(is_propagated) = self.ttl_propagate {
            request.attribute(uapi::RTA_TTL_PROPAGATE, &[u8::from(is_propagated)]);
        }
        if let Some(encapsulation) = &self.encapsulation {
            encapsulation.write(request);
        }
        if !self.next_hops.is_empty() {
            request.nested(uapi::RTA_MULTIPATH, |hops| {
                for hop in &self.next_hops {
                    hop.write(is_ipv6, hops);
                }
            });
        }
    }

    /// As `ip route` has it.
    fn usual_scope(&self) -> Scope {
        let is_direct = self.gateway.is_none() && self.next_hops.is_empty();
        match self.kind {
            _ if self.destination.is_ipv6() => Scope::UNIVERSE,
            RouteKind::Local => Scope::HOST,
            RouteKind::Broadcast | RouteKind::Multicast => Scope::LINK,
            RouteKind::Unicast if is_direct => Scope::LINK,
            _ => Scope::UNIVERSE,
        }
    }

    /// The route in the payload of an `RTM_NEWROUTE` or `RTM_DELROUTE` message; `None` for those of other
    /// families and of the caches.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let (fixed, attributes) = payload.split_first_chunk::<{ uapi::RTMSG }>()?;
        let [family, length, from_length, tos, table, protocol, scope, kind, f0, f1, f2, f3] =
            *fixed;
        let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
        if flags & uapi::RTM_F_CLONED != 0 {
            return None;
        }
        let mut route = match family {
            uapi::AF_INET => Self::new(Ipv4Addr::UNSPECIFIED.into(), 0),
            uapi::AF_INET6 => Self::new(Ipv6Addr::UNSPECIFIED.into(), 0),
            _ => return None,
        }
        .ok()?;
        route.prefix_length = length;
        route.tos = tos;
        route.table = table.into();
        route.protocol = protocol;
        route.scope = Some(Scope(scope));
        route.kind = RouteKind::from_number(kind);
        route.is_on_link = flags & u32::from(uapi::RTNH_F_ONLINK) != 0;
        let mut tunnel = (0, None);
        for (kind, value) in Attributes::new(attributes) {
            match kind {
                uapi::RTA_DST => route.destination = ip(family, value)?,
                uapi::RTA_SRC => route.from = Some((ip(family, value)?, from_length)),
                uapi::RTA_GATEWAY => route.gateway = ip(family, value),
                uapi::RTA_VIA => route.gateway = via(value),
                uapi::RTA_PREFSRC => route.source = ip(family, value),
                uapi::RTA_OIF => route.interface = Some(number(value)?),
                uapi::RTA_PRIORITY => route.metric = number(value)?,
                uapi::RTA_TABLE => route.table = number(value)?,
                uapi::RTA_FLOW => route.realms = number(value),
                uapi::RTA_METRICS => (route.metrics, route.mtu) = Metrics::read(value),
                uapi::RTA_PREF => route.preference = Preference::from_number(*value.first()?),
                uapi::RTA_CACHEINFO => route.expires = expires(value),
                uapi::RTA_MULTIPATH => route.next_hops = NextHop::read_all(family, value)?,
                uapi::RTA_ENCAP_TYPE => tunnel.0 = short(value)?,
                uapi::RTA_ENCAP => tunnel.1 = Some(value),
                _ => {}
            }
        }
        route.encapsulation = tunnel.1.and_then(|value| Encapsulation::read(tunnel.0, value));
        Some(route)
    }
}

/// Seconds until a route ends, in `struct rta_cacheinfo`: two numbers, then the ticks; 0 for one that stays.
fn expires(cache: &[u8]) -> Option<u32> {
    let ticks = i32::from_ne_bytes(*cache.get(8..)?.first_chunk()?);
    let ticks = u32::try_from(ticks).ok().filter(|ticks| *ticks != 0)?;
    Some(ticks.div_ceil(TICKS))
}
