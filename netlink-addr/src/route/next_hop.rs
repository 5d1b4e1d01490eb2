//! One way of several: `struct rtnexthop` and its attributes.

use std::net::IpAddr;

use netlink_conn::{Attributes, Request};

use super::encapsulation::Encapsulation;
use crate::attribute::{family, ip, number, short, write_ip, write_number};
use crate::uapi;

/// One of the ways of a route with several.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextHop {
    /// The next router.
    pub gateway: Option<IpAddr>,
    /// Index of the interface that packets leave through.
    pub interface: Option<u32>,
    /// Its share among the next hops: 1 to 256, others are taken as the nearest of these.
    pub weight: u16,
    /// The gateway is on the link, whatever the addresses say.
    pub is_on_link: bool,
    /// The realm of the source and, in the lower 16 bits, that of the destination; IPv4 only.
    pub realms: Option<u32>,
    /// What packets are wrapped in.
    pub encapsulation: Option<Encapsulation>,
}

impl NextHop {
    /// A next hop of the weight 1. Without an interface it is the kernel that finds the gateway.
    pub fn new(gateway: Option<IpAddr>, interface: Option<u32>) -> Self {
        Self { gateway, interface, weight: 1, is_on_link: false, realms: None, encapsulation: None }
    }

    /// Whether both are the same way with the same share. No interface is the same as any.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.gateway == other.gateway
            && self.weight == other.weight
            && self.encapsulation == other.encapsulation
            && self.interface.is_none_or(|index| other.interface.is_none_or(|o| o == index))
    }

    pub(super) fn write(&self, is_ipv6: bool, request: &mut Request<'_>) {
        let flags = if self.is_on_link { uapi::RTNH_F_ONLINK } else { 0 };
        let weight_less_one = u8::try_from(self.weight.saturating_sub(1)).unwrap_or(u8::MAX);
        // It begins as an attribute does: a length, and 16 bits that here are two values.
        let kind = u16::from_ne_bytes([flags, weight_less_one]);
        request.nested(kind, |hop| {
            hop.fixed(&self.interface.unwrap_or(0).to_ne_bytes());
            if let Some(gateway) = self.gateway {
                write_gateway(hop, is_ipv6, gateway);
            }
            write_number(hop, uapi::RTA_FLOW, self.realms);
            if let Some(encapsulation) = &self.encapsulation {
                encapsulation.write(hop);
            }
        });
    }

    /// The next hops in the value of `RTA_MULTIPATH`; `None` for a length that cannot be.
    pub(super) fn read_all(family: u8, mut octets: &[u8]) -> Option<Vec<Self>> {
        let mut hops = Vec::new();
        while let Some(header) = octets.first_chunk::<{ uapi::RTNEXTHOP }>() {
            let [l0, l1, flags, weight_less_one, i0, i1, i2, i3] = *header;
            let length = usize::from(u16::from_ne_bytes([l0, l1]));
            let attributes = octets.get(uapi::RTNEXTHOP..length)?;
            let interface = u32::from_ne_bytes([i0, i1, i2, i3]);
            let mut hop = Self::new(None, Some(interface).filter(|index| *index != 0));
            hop.weight = u16::from(weight_less_one) + 1;
            hop.is_on_link = flags & uapi::RTNH_F_ONLINK != 0;
            let mut tunnel = (0, None);
            for (kind, value) in Attributes::new(attributes) {
                match kind {
                    uapi::RTA_GATEWAY => hop.gateway = ip(family, value),
                    uapi::RTA_VIA => hop.gateway = via(value),
                    uapi::RTA_FLOW => hop.realms = number(value),
                    uapi::RTA_ENCAP_TYPE => tunnel.0 = short(value)?,
                    uapi::RTA_ENCAP => tunnel.1 = Some(value),
                    _ => {}
                }
            }
            hop.encapsulation = tunnel.1.and_then(|value| Encapsulation::read(tunnel.0, value));
            hops.push(hop);
            octets = octets.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Some(hops)
    }
}

/// A gateway of the other family than the route is in `struct rtvia`: the family in 16 bits, then the address.
pub(super) fn write_gateway(request: &mut Request<'_>, is_ipv6: bool, gateway: IpAddr) {
    if gateway.is_ipv6() == is_ipv6 {
        write_ip(request, uapi::RTA_GATEWAY, gateway);
        return;
    }
    let mut value = u16::from(family(gateway.is_ipv6())).to_ne_bytes().to_vec();
    match gateway {
        IpAddr::V4(address) => value.extend(address.octets()),
        IpAddr::V6(address) => value.extend(address.octets()),
    }
    request.attribute(uapi::RTA_VIA, &value);
}

pub(super) fn via(octets: &[u8]) -> Option<IpAddr> {
    let (family, address) = octets.split_first_chunk()?;
    ip(u8::try_from(u16::from_ne_bytes(*family)).ok()?, address)
}
