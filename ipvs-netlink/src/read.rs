//! From attributes to types. Attributes come in any order, and those that are not known are ignored, as netlink
//! demands.

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
use Unreadable::{Broken, Strange};

/// What cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// An attribute that has to be there is missing or cut.
    Broken,
    /// There is no word for it here: a protocol, a way of forwarding or a kind of tunnel that the kernel does not have
    /// yet, or that it takes from anybody without being able to do it.
    Strange,
}

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

pub(crate) fn service(payload: &[u8]) -> Result<ServiceEntry, Unreadable> {
    let all = nested(payload, attribute::SERVICE).ok_or(Broken)?;
    let family = find(all, service::AF).and_then(u16_of).ok_or(Broken)?;
    let mark = find(all, service::FWMARK).and_then(u32_of).and_then(NonZeroU32::new);
    let key = match mark {
        Some(mark) => {
            let family = match family {
                AF_INET => Family::Ipv4,
                AF_INET6 => Family::Ipv6,
                _ => return Err(Strange),
            };
            ServiceKey::FirewallMark { family, mark }
        }
        None => ServiceKey::Address {
            protocol: match find(all, service::PROTOCOL).and_then(u16_of).ok_or(Broken)? {
                6 => Protocol::Tcp,
                17 => Protocol::Udp,
                132 => Protocol::Sctp,
                _ => return Err(Strange),
            },
            address: find(all, service::ADDR)
                .and_then(|value| address(family, value))
                .ok_or(Broken)?,
            port: find(all, service::PORT).and_then(port).ok_or(Broken)?,
        },
    };
    let flags = find(all, service::FLAGS).and_then(u32_of).ok_or(Broken)?;
    let scheduler = find(all, service::SCHED_NAME).and_then(text).ok_or(Broken)?;
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
    Ok(ServiceEntry {
        service: Service {
            key,
            scheduler: Scheduler::from_name(scheduler),
            flags: ServiceFlags::from_kernel(flags),
            persistence,
            engine: find(all, service::PE_NAME).and_then(text),
        },
        stats: stats(all, service::STATS64, service::STATS),
    })
}

/// A destination of a service of this family: kernels before 3.18 do not tell it.
pub(crate) fn destination(of: Family, payload: &[u8]) -> Result<DestinationEntry, Unreadable> {
    let all = nested(payload, attribute::DEST).ok_or(Broken)?;
    let usual = if of == Family::Ipv4 { AF_INET } else { AF_INET6 };
    let family = find(all, destination::ADDR_FAMILY).and_then(u16_of).unwrap_or(usual);
    let number = |kind: u16| find(all, kind).and_then(u32_of).unwrap_or(0);
    let method = find(all, destination::FWD_METHOD).and_then(u32_of).ok_or(Broken)?;
    let forwarding = match method & destination::FORWARDING {
        0 => Forwarding::Masquerade,
        1 => Forwarding::Local,
        2 => Forwarding::Tunnel(tunnel(all).ok_or(Strange)?),
        3 => Forwarding::DirectRouting,
        4 => Forwarding::Bypass,
        _ => return Err(Strange),
    };
    let weight = find(all, destination::WEIGHT).and_then(|value| value.first_chunk());
    let address = find(all, destination::ADDR).and_then(|value| address(family, value));
    Ok(DestinationEntry {
        destination: Destination {
            key: DestinationKey {
                address: address.ok_or(Broken)?,
                port: find(all, destination::PORT).and_then(port).ok_or(Broken)?,
            },
            forwarding,
            weight: i32::from_ne_bytes(*weight.ok_or(Broken)?),
            upper_threshold: number(destination::U_THRESH),
            lower_threshold: number(destination::L_THRESH),
        },
        active_connections: number(destination::ACTIVE_CONNS),
        inactive_connections: number(destination::INACT_CONNS),
        persistent_connections: number(destination::PERSIST_CONNS),
        stats: stats(all, destination::STATS64, destination::STATS),
    })
}

/// Kernels before 5.3 do not tell: they have one kind.
fn tunnel(all: Attributes<'_>) -> Option<Tunnel> {
    let checksum = match find(all, destination::TUN_FLAGS).and_then(u16_of).unwrap_or(0) {
        0 => TunnelChecksum::None,
        1 => TunnelChecksum::Checksum,
        2 => TunnelChecksum::Remote,
        _ => return None,
    };
    Some(match find(all, destination::TUN_TYPE).and_then(|value| value.first()) {
        None | Some(0) => Tunnel::Ipip,
        Some(1) => {
            let port = find(all, destination::TUN_PORT).and_then(port).unwrap_or(0);
            Tunnel::Gue { port, checksum }
        }
        Some(2) => Tunnel::Gre { checksum },
        Some(_) => return None,
    })
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

pub(crate) fn daemon(payload: &[u8]) -> Result<Daemon, Unreadable> {
    daemon_of(payload).ok_or(Broken)
}

fn daemon_of(payload: &[u8]) -> Option<Daemon> {
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
    // A kernel can be without one of the protocols, and then does not tell.
    Some(Timeouts {
        tcp: seconds(attribute::TIMEOUT_TCP).unwrap_or(0),
        tcp_fin: seconds(attribute::TIMEOUT_TCP_FIN).unwrap_or(0),
        udp: seconds(attribute::TIMEOUT_UDP).unwrap_or(0),
    })
}

pub(crate) fn info(payload: &[u8]) -> Option<Info> {
    let all = attributes(payload)?;
    let [_, major, minor, patch] = find(all, info::VERSION).and_then(u32_of)?.to_be_bytes();
    let connection_table_size = find(all, info::CONN_TAB_SIZE).and_then(u32_of)?;
    Some(Info { version: (major, minor, patch), connection_table_size })
}
