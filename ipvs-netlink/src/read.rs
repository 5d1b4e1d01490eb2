//! From attributes to types. Attributes come in any order, and those that are not known are ignored, as netlink
//! demands; what cannot be read without an attribute that is missing or cut is left out and told.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use netlink_conn::Attributes;

use crate::daemon::{Daemon, DaemonRole};
use crate::destination::{Destination, DestinationKey, Forwarding, Tunnel, TunnelChecksum};
use crate::entry::{DestinationEntry, ServiceEntry};
use crate::flags::ServiceFlags;
use crate::name::Name;
use crate::scheduler::Scheduler;
use crate::service::{Family, Granularity, Persistence, Protocol, Service, ServiceKey};
use crate::stats::Stats;
use crate::timeouts::{Info, Timeouts};
use crate::uapi::{GENL_HEADER, attribute, daemon, destination, info, service};
use crate::write::{AF_INET, AF_INET6};

/// The attributes of a message, which follow its generic header.
fn attributes(payload: &[u8]) -> Option<Attributes<'_>> {
    Some(Attributes::new(payload.get(GENL_HEADER..)?))
}

fn find(attributes: Attributes<'_>, wanted: u16) -> Option<&[u8]> {
    let mut attributes = attributes;
    attributes.find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
}

fn nested(payload: &[u8], wanted: u16) -> Option<Attributes<'_>> {
    find(attributes(payload)?, wanted).map(Attributes::new)
}

fn u16_of(value: &[u8]) -> Option<u16> {
    value.first_chunk().map(|octets| u16::from_ne_bytes(*octets))
}

fn port(value: &[u8]) -> Option<u16> {
    value.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}

fn u32_of(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|octets| u32::from_ne_bytes(*octets))
}

fn u64_of(value: &[u8]) -> Option<u64> {
    value.first_chunk().map(|octets| u64::from_ne_bytes(*octets))
}

fn text(value: &[u8]) -> Option<Name> {
    let end = value.iter().position(|octet| *octet == 0).unwrap_or(value.len());
    Name::new(std::str::from_utf8(value.get(..end)?).ok()?).ok()
}

/// By the family that was told: the tail of an IPv6 address may be zeros.
fn address(family: u16, value: &[u8]) -> Option<IpAddr> {
    match family {
        AF_INET => value.first_chunk::<4>().map(|octets| Ipv4Addr::from(*octets).into()),
        AF_INET6 => value.first_chunk::<16>().map(|octets| Ipv6Addr::from(*octets).into()),
        _ => None,
    }
}

pub(crate) fn service(payload: &[u8]) -> Option<ServiceEntry> {
    let all = nested(payload, attribute::SERVICE)?;
    let family = find(all, service::AF).and_then(u16_of)?;
    let mark = find(all, service::FWMARK).and_then(u32_of).and_then(NonZeroU32::new);
    let key = match mark {
        Some(mark) => {
            let family = if family == AF_INET { Family::Ipv4 } else { Family::Ipv6 };
            ServiceKey::FirewallMark { family, mark }
        }
        None => ServiceKey::Address {
            protocol: match find(all, service::PROTOCOL).and_then(u16_of)? {
                6 => Protocol::Tcp,
                17 => Protocol::Udp,
                132 => Protocol::Sctp,
                _ => return None,
            },
            address: address(family, find(all, service::ADDR)?)?,
            port: find(all, service::PORT).and_then(port)?,
        },
    };
    let flags = find(all, service::FLAGS).and_then(u32_of).unwrap_or(0);
    let scheduler = find(all, service::SCHED_NAME).and_then(text);
    let granularity = find(all, service::NETMASK).and_then(|value| {
        Some(match key.family() {
            Family::Ipv4 => Granularity::Netmask(Ipv4Addr::from(*value.first_chunk::<4>()?)),
            Family::Ipv6 => Granularity::PrefixLength(u32_of(value)?.try_into().ok()?),
        })
    });
    let persistence = (flags & service::F_PERSISTENT != 0).then(|| Persistence {
        seconds: find(all, service::TIMEOUT).and_then(u32_of).unwrap_or(0),
        granularity: granularity.unwrap_or(Granularity::host(key.family())),
    });
    Some(ServiceEntry {
        service: Service {
            key,
            scheduler: scheduler.and_then(Scheduler::from_name),
            flags: ServiceFlags::from_kernel(flags),
            persistence,
            engine: find(all, service::PE_NAME).and_then(text),
        },
        stats: stats(all, service::STATS64, service::STATS),
    })
}

/// A destination of a service of this family: kernels before 3.18 do not tell it.
pub(crate) fn destination(of: Family, payload: &[u8]) -> Option<DestinationEntry> {
    let all = nested(payload, attribute::DEST)?;
    let usual = if of == Family::Ipv4 { AF_INET } else { AF_INET6 };
    let family = find(all, destination::ADDR_FAMILY).and_then(u16_of).unwrap_or(usual);
    let number = |kind: u16| find(all, kind).and_then(u32_of).unwrap_or(0);
    let forwarding = match number(destination::FWD_METHOD) & destination::FORWARDING {
        0 => Forwarding::Masquerade,
        1 => Forwarding::Local,
        2 => Forwarding::Tunnel(tunnel(all)),
        3 => Forwarding::DirectRouting,
        4 => Forwarding::Bypass,
        _ => return None,
    };
    let weight = find(all, destination::WEIGHT)?.first_chunk();
    Some(DestinationEntry {
        destination: Destination {
            key: DestinationKey {
                address: address(family, find(all, destination::ADDR)?)?,
                port: find(all, destination::PORT).and_then(port)?,
            },
            forwarding,
            weight: i32::from_ne_bytes(*weight?),
            upper_threshold: number(destination::U_THRESH),
            lower_threshold: number(destination::L_THRESH),
        },
        active_connections: number(destination::ACTIVE_CONNS),
        inactive_connections: number(destination::INACT_CONNS),
        persistent_connections: number(destination::PERSIST_CONNS),
        stats: stats(all, destination::STATS64, destination::STATS),
    })
}

fn tunnel(all: Attributes<'_>) -> Tunnel {
    let checksum = match find(all, destination::TUN_FLAGS).and_then(u16_of).unwrap_or(0) {
        flags if flags & 2 != 0 => TunnelChecksum::Remote,
        flags if flags & 1 != 0 => TunnelChecksum::Checksum,
        _ => TunnelChecksum::None,
    };
    match find(all, destination::TUN_TYPE).and_then(|value| value.first()) {
        Some(1) => {
            let port = find(all, destination::TUN_PORT).and_then(port).unwrap_or(0);
            Tunnel::Gue { port, checksum }
        }
        Some(2) => Tunnel::Gre { checksum },
        _ => Tunnel::Ipip,
    }
}

/// The 64-bit ones, or those of kernels before 4.1, of which octets alone have 64 bits.
fn stats(all: Attributes<'_>, wide: u16, narrow: u16) -> Stats {
    let mut stats = Stats::default();
    let nested = find(all, wide).or_else(|| find(all, narrow)).unwrap_or_default();
    for (kind, value) in Attributes::new(nested) {
        let field = match kind {
            1 => &mut stats.connections,
            2 => &mut stats.incoming_packets,
            3 => &mut stats.outgoing_packets,
            4 => &mut stats.incoming_octets,
            5 => &mut stats.outgoing_octets,
            6 => &mut stats.connection_rate,
            7 => &mut stats.incoming_packet_rate,
            8 => &mut stats.outgoing_packet_rate,
            9 => &mut stats.incoming_octet_rate,
            10 => &mut stats.outgoing_octet_rate,
            _ => continue,
        };
        *field = u64_of(value).or_else(|| u32_of(value).map(u64::from)).unwrap_or(0);
    }
    stats
}

pub(crate) fn daemon(payload: &[u8]) -> Option<Daemon> {
    let all = nested(payload, attribute::DAEMON)?;
    let group4 = find(all, daemon::MCAST_GROUP).and_then(|value| address(AF_INET, value));
    let group6 = find(all, daemon::MCAST_GROUP6).and_then(|value| address(AF_INET6, value));
    Some(Daemon {
        role: match find(all, daemon::STATE).and_then(u32_of)? {
            1 => DaemonRole::Master,
            2 => DaemonRole::Backup,
            _ => return None,
        },
        interface: find(all, daemon::MCAST_IFN).and_then(text)?,
        id: find(all, daemon::SYNC_ID).and_then(u32_of).and_then(|id| id.try_into().ok())?,
        longest: find(all, daemon::SYNC_MAXLEN).and_then(u16_of),
        group: group4.or(group6),
        port: find(all, daemon::MCAST_PORT).and_then(u16_of),
        ttl: find(all, daemon::MCAST_TTL).and_then(|value| value.first().copied()),
    })
}

pub(crate) fn timeouts(payload: &[u8]) -> Option<Timeouts> {
    let all = attributes(payload)?;
    let seconds = |kind: u16| find(all, kind).and_then(u32_of);
    Some(Timeouts {
        tcp: seconds(attribute::TIMEOUT_TCP)?,
        tcp_fin: seconds(attribute::TIMEOUT_TCP_FIN)?,
        udp: seconds(attribute::TIMEOUT_UDP)?,
    })
}

pub(crate) fn info(payload: &[u8]) -> Option<Info> {
    let all = attributes(payload)?;
    let [_, major, minor, patch] = find(all, info::VERSION).and_then(u32_of)?.to_be_bytes();
    let connection_table_size = find(all, info::CONN_TAB_SIZE).and_then(u32_of)?;
    Some(Info { version: (major, minor, patch), connection_table_size })
}
