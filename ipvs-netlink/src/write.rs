//! From types to attributes.

use std::net::IpAddr;

use netlink_conn::Request;

use crate::daemon::{Daemon, DaemonRole};
use crate::destination::{Destination, DestinationKey, Forwarding, Tunnel, TunnelChecksum};
use crate::name::Name;
use crate::service::{Family, Granularity, Protocol, Service, ServiceKey};
use crate::timeouts::Timeouts;
use crate::uapi::{GENL_HEADER, attribute, daemon, destination, service};

pub(crate) const AF_INET: u16 = 2;
pub(crate) const AF_INET6: u16 = 10;
const FORWARD_MASQUERADE: u32 = 0;
const FORWARD_LOCAL: u32 = 1;
const FORWARD_TUNNEL: u32 = 2;
const FORWARD_DIRECT: u32 = 3;
const FORWARD_BYPASS: u32 = 4;

/// `struct genlmsghdr`.
pub(crate) fn header(command: u8, version: u8) -> [u8; GENL_HEADER] {
    [command, version, 0, 0]
}

pub(crate) fn family(family: Family) -> u16 {
    match family {
        Family::Ipv4 => AF_INET,
        Family::Ipv6 => AF_INET6,
    }
}

/// `union nf_inet_addr`.
fn address(address: IpAddr) -> [u8; 16] {
    let mut octets = [0; 16];
    match address {
        IpAddr::V4(address) => octets[..4].copy_from_slice(&address.octets()),
        IpAddr::V6(address) => octets = address.octets(),
    }
    octets
}

fn name(request: &mut Request<'_>, kind: u16, name: &Name) {
    request.attribute(kind, name.octets());
}

fn key_attributes(request: &mut Request<'_>, key: &ServiceKey) {
    request.attribute(service::AF, &family(key.family()).to_ne_bytes());
    match key {
        ServiceKey::Address { protocol, address: ip, port } => {
            let protocol: u16 = match protocol {
                Protocol::Tcp => 6,
                Protocol::Udp => 17,
                Protocol::Sctp => 132,
            };
            request.attribute(service::PROTOCOL, &protocol.to_ne_bytes());
            request.attribute(service::ADDR, &address(*ip));
            request.attribute(service::PORT, &port.to_be_bytes());
        }
        ServiceKey::FirewallMark { mark, .. } => {
            request.attribute(service::FWMARK, &mark.get().to_ne_bytes());
        }
    }
}

pub(crate) fn service_key(request: &mut Request<'_>, key: &ServiceKey) {
    request.nested(attribute::SERVICE, |request| key_attributes(request, key));
}

pub(crate) fn service(request: &mut Request<'_>, wanted: &Service) {
    request.nested(attribute::SERVICE, |request| {
        key_attributes(request, &wanted.key);
        // The kernel wants a name, and this is its own for none (Linux 4.4).
        match &wanted.scheduler {
            Some(scheduler) => {
                let text = scheduler.name().as_bytes();
                let mut octets = [0; 16];
                octets[..text.len()].copy_from_slice(text);
                request.attribute(service::SCHED_NAME, &octets[..=text.len()]);
            }
            None => {
                request.attribute(service::SCHED_NAME, b"none\0");
            }
        }
        if let Some(engine) = &wanted.engine {
            name(request, service::PE_NAME, engine);
        }
        let persistent = match wanted.persistence {
            Some(_) => service::F_PERSISTENT,
            None => 0,
        };
        // `struct ip_vs_flags`: the flags, and which of them count.
        let flags = [wanted.flags.bits() | persistent, u32::MAX];
        let mut octets = [0; 8];
        for (place, word) in octets.chunks_exact_mut(4).zip(flags) {
            place.copy_from_slice(&word.to_ne_bytes());
        }
        request.attribute(service::FLAGS, &octets);
        let persistence = wanted.persistence;
        let seconds = persistence.map_or(0, |persistence| persistence.seconds);
        request.attribute(service::TIMEOUT, &seconds.to_ne_bytes());
        let usual = Granularity::host(wanted.key.family());
        let granularity = match persistence.map_or(usual, |persistence| persistence.granularity) {
            Granularity::Netmask(mask) => mask.octets(),
            Granularity::PrefixLength(length) => u32::from(length).to_ne_bytes(),
        };
        request.attribute(service::NETMASK, &granularity);
    });
}

fn destination_key_attributes(request: &mut Request<'_>, key: &DestinationKey) {
    request.attribute(destination::ADDR, &address(key.address));
    request.attribute(destination::PORT, &key.port.to_be_bytes());
    let family = if key.address.is_ipv4() { AF_INET } else { AF_INET6 };
    request.attribute(destination::ADDR_FAMILY, &family.to_ne_bytes());
}

pub(crate) fn destination_key(request: &mut Request<'_>, key: &DestinationKey) {
    request.nested(attribute::DEST, |request| destination_key_attributes(request, key));
}

pub(crate) fn destination(request: &mut Request<'_>, wanted: &Destination) {
    request.nested(attribute::DEST, |request| {
        destination_key_attributes(request, &wanted.key);
        let method = match wanted.forwarding {
            Forwarding::Masquerade => FORWARD_MASQUERADE,
            Forwarding::Local => FORWARD_LOCAL,
            Forwarding::Tunnel(_) => FORWARD_TUNNEL,
            Forwarding::DirectRouting => FORWARD_DIRECT,
            Forwarding::Bypass => FORWARD_BYPASS,
        };
        request.attribute(destination::FWD_METHOD, &method.to_ne_bytes());
        request.attribute(destination::WEIGHT, &wanted.weight.to_ne_bytes());
        request.attribute(destination::U_THRESH, &wanted.upper_threshold.to_ne_bytes());
        request.attribute(destination::L_THRESH, &wanted.lower_threshold.to_ne_bytes());
        if let Forwarding::Tunnel(kind) = wanted.forwarding {
            tunnel(request, kind);
        }
    });
}

fn tunnel(request: &mut Request<'_>, tunnel: Tunnel) {
    let (kind, port, checksum) = match tunnel {
        Tunnel::Ipip => (0, 0, TunnelChecksum::None),
        Tunnel::Gue { port, checksum } => (1, port, checksum),
        Tunnel::Gre { checksum } => (2, 0, checksum),
    };
    let flags: u16 = match checksum {
        TunnelChecksum::None => 0,
        TunnelChecksum::Checksum => 1,
        TunnelChecksum::Remote => 2,
    };
    request.attribute(destination::TUN_TYPE, &[kind]);
    request.attribute(destination::TUN_PORT, &u16::to_be_bytes(port));
    request.attribute(destination::TUN_FLAGS, &flags.to_ne_bytes());
}

pub(crate) fn daemon(request: &mut Request<'_>, wanted: &Daemon) {
    request.nested(attribute::DAEMON, |request| {
        daemon_role(request, wanted.role);
        name(request, daemon::MCAST_IFN, &wanted.interface);
        request.attribute(daemon::SYNC_ID, &u32::from(wanted.id).to_ne_bytes());
        if let Some(longest) = wanted.longest {
            request.attribute(daemon::SYNC_MAXLEN, &longest.to_ne_bytes());
        }
        match wanted.group {
            Some(IpAddr::V4(group)) => {
                request.attribute(daemon::MCAST_GROUP, &group.octets());
            }
            Some(IpAddr::V6(group)) => {
                request.attribute(daemon::MCAST_GROUP6, &group.octets());
            }
            None => {}
        }
        if let Some(port) = wanted.port {
            request.attribute(daemon::MCAST_PORT, &port.to_ne_bytes());
        }
        if let Some(ttl) = wanted.ttl {
            request.attribute(daemon::MCAST_TTL, &[ttl]);
        }
    });
}

pub(crate) fn daemon_to_stop(request: &mut Request<'_>, role: DaemonRole) {
    request.nested(attribute::DAEMON, |request| daemon_role(request, role));
}

fn daemon_role(request: &mut Request<'_>, role: DaemonRole) {
    let state: u32 = match role {
        DaemonRole::Master => 1,
        DaemonRole::Backup => 2,
    };
    request.attribute(daemon::STATE, &state.to_ne_bytes());
}

pub(crate) fn timeouts(request: &mut Request<'_>, wanted: &Timeouts) {
    for (kind, seconds) in [
        (attribute::TIMEOUT_TCP, wanted.tcp),
        (attribute::TIMEOUT_TCP_FIN, wanted.tcp_fin),
        (attribute::TIMEOUT_UDP, wanted.udp),
    ] {
        if seconds > 0 {
            request.attribute(kind, &seconds.to_ne_bytes());
        }
    }
}
