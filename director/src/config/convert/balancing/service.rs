//! What IPVS gets.

use std::net::IpAddr;

use ipvs_netlink::{
    Destination, DestinationKey, Family, Forwarding, Granularity, Name, Persistence, Protocol,
    Scheduler, Service, ServiceFlags, ServiceKey, Tunnel, TunnelChecksum,
};
use keepalived_conf::model::{
    GranularityLine, IpFamily, LvsMethod, LvsTunnel, LvsTunnelChecksum, ServerGroup, ServiceName,
    TransportProtocol, VirtualServer,
};
use keepalived_conf::{Diagnostics, Severity, Span};

/// The services of a block: one, or those of its group.
pub(super) fn services(
    line: &VirtualServer,
    groups: &[ServerGroup],
    diagnostics: &mut Diagnostics,
) -> Vec<Service> {
    let names = names(line, groups).iter();
    names.filter_map(|name| service(line, key(line, name)?, diagnostics)).collect()
}

/// What stands for a block: itself, or what is in its group.
pub(super) fn names<'a>(line: &'a VirtualServer, groups: &'a [ServerGroup]) -> &'a [ServiceName] {
    match &line.name {
        ServiceName::Group(name) => {
            let group = groups.iter().find(|group| group.name == *name);
            group.map_or(&[][..], |group| &group.members)
        }
        one => std::slice::from_ref(one),
    }
}

fn key(line: &VirtualServer, name: &ServiceName) -> Option<ServiceKey> {
    Some(match name {
        ServiceName::Address { address, port } => {
            let protocol = match line.protocol {
                Some(TransportProtocol::Tcp) => Protocol::Tcp,
                Some(TransportProtocol::Sctp) => Protocol::Sctp,
                _ => Protocol::Udp,
            };
            ServiceKey::Address { protocol, address: *address, port: *port }
        }
        ServiceName::Mark { mark, family } => {
            ServiceKey::FirewallMark { family: family_of_mark(line, *family), mark: *mark }
        }
        // Groups have no groups.
        _ => return None,
    })
}

/// A service with everything that the block says.
pub(super) fn service(
    line: &VirtualServer,
    key: ServiceKey,
    diagnostics: &mut Diagnostics,
) -> Option<Service> {
    let mut refuse = |message: String, help: &str| {
        diagnostics.add(Severity::Error, Some(line.span), message, Some(help.to_owned()));
    };
    let scheduler = Name::new(&line.scheduler).ok().and_then(Scheduler::from_name);
    let scheduler = scheduler?;
    let mut service = Service::new(key, scheduler);
    let flags = [ServiceFlags::SCHEDULER_1, ServiceFlags::SCHEDULER_2, ServiceFlags::SCHEDULER_3];
    for (flag, is_set) in flags.into_iter().zip(line.flags) {
        if is_set {
            service.flags = service.flags | flag;
        }
    }
    if line.one_packet {
        match line.protocol {
            Some(TransportProtocol::Tcp | TransportProtocol::Sctp) => {
                let message = format!("virtual_server {} has ops and is not of UDP", line.name);
                refuse(message, "ops is for UDP and marks; it is left out");
            }
            _ => service.flags = service.flags | ServiceFlags::ONE_PACKET,
        }
    }
    service.persistence = line.persistence.map(|persistence| Persistence {
        seconds: persistence.seconds,
        granularity: match (persistence.granularity, key.family()) {
            (Some(GranularityLine::Netmask(mask)), Family::Ipv4) => Granularity::Netmask(mask),
            (Some(GranularityLine::PrefixLength(length)), Family::Ipv6) => {
                Granularity::PrefixLength(length)
            }
            (_, family) => Granularity::host(family),
        },
    });
    if let ServiceKey::Address { port: 0, .. } = key
        && service.persistence.is_none()
    {
        let message = format!("virtual_server {} has port 0 and no persistence_timeout", line.name);
        refuse(message, "IPVS has all ports for persistent services only; it is left out");
        return None;
    }
    service.engine = line.engine.as_deref().and_then(|name| Name::new(name).ok());
    Some(service)
}

/// What is said, or what its servers are.
fn family_of_mark(line: &VirtualServer, own: Option<IpFamily>) -> Family {
    match own.or(line.family) {
        Some(IpFamily::Ipv6) => Family::Ipv6,
        Some(IpFamily::Ipv4) => Family::Ipv4,
        None => match line.servers.first().map(|server| server.address) {
            Some(IpAddr::V6(_)) => Family::Ipv6,
            _ => Family::Ipv4,
        },
    }
}

pub(super) fn destination(address: IpAddr, port: u16, method: LvsMethod) -> Destination {
    let checksum = |checksum| match checksum {
        LvsTunnelChecksum::Checksum => TunnelChecksum::Checksum,
        LvsTunnelChecksum::Remote => TunnelChecksum::Remote,
        _ => TunnelChecksum::None,
    };
    let forwarding = match method {
        LvsMethod::Direct => Forwarding::DirectRouting,
        LvsMethod::Tunnel(LvsTunnel::Gue { port, checksum: kind }) => {
            Forwarding::Tunnel(Tunnel::Gue { port, checksum: checksum(kind) })
        }
        LvsMethod::Tunnel(LvsTunnel::Gre { checksum: kind }) => {
            Forwarding::Tunnel(Tunnel::Gre { checksum: checksum(kind) })
        }
        LvsMethod::Tunnel(_) => Forwarding::Tunnel(Tunnel::Ipip),
        _ => Forwarding::Masquerade,
    };
    Destination::new(DestinationKey::new(address, port), forwarding)
}

/// A server of another family than its service is reached by tunnels only.
pub(super) fn check_family(
    what: &str,
    destination: &Destination,
    families: &[Family],
    span: Span,
    diagnostics: &mut Diagnostics,
) -> bool {
    let family = match destination.key.address {
        IpAddr::V4(_) => Family::Ipv4,
        IpAddr::V6(_) => Family::Ipv6,
    };
    let is_tunnel = matches!(destination.forwarding, Forwarding::Tunnel(_));
    if is_tunnel || families.iter().all(|service| *service == family) {
        return true;
    }
    let message = format!("{what} is of another family than its service");
    let help = "write one of the same family, or lvs_method TUN; it is left out".to_owned();
    diagnostics.add(Severity::Error, Some(span), message, Some(help));
    false
}
