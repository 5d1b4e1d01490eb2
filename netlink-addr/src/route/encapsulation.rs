//! What packets are wrapped in: `RTA_ENCAP` with `include/uapi/linux/lwtunnel.h`, `mpls_iptunnel.h` and `ila.h`.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlink_conn::{Attributes, Request};

use crate::uapi;

/// Entry of a label stack (RFC 3032 section 2.1): the label in the upper 20 bits, then three of the traffic
/// class, this one of the last entry, and the TTL.
const BOTTOM_OF_STACK: u32 = 0x100;
const LABEL_SHIFT: u32 = 12;

/// A light weight tunnel. 0 and the unspecified address leave a value to the tunnel interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encapsulation {
    /// In IPv4; the route leads to a tunnel interface that takes all this from the route.
    Ip {
        /// The key of the tunnel.
        id: u64,
        /// The other end.
        destination: Ipv4Addr,
        /// This end.
        source: Ipv4Addr,
        /// Type of service.
        tos: u8,
        /// Time to live.
        ttl: u8,
        /// `TUNNEL_…` of `include/uapi/linux/if_tunnel.h`, as in network byte order: `TUNNEL_KEY` is 4.
        flags: u16,
    },
    /// In IPv6, likewise.
    Ip6 {
        /// The key of the tunnel.
        id: u64,
        /// The other end.
        destination: Ipv6Addr,
        /// This end.
        source: Ipv6Addr,
        /// Traffic class.
        traffic_class: u8,
        /// Hop limit.
        hop_limit: u8,
        /// As of [`Ip`](Self::Ip).
        flags: u16,
    },
    /// With these MPLS labels, the outermost first. Of each the lower 20 bits count.
    Mpls(Vec<u32>),
    /// With this locator as the upper 64 bits of the destination (identifier locator addressing).
    Ila(u64),
}

impl Encapsulation {
    pub(super) fn write(&self, request: &mut Request<'_>) {
        let kind = match self {
            Self::Ip { .. } => uapi::LWTUNNEL_ENCAP_IP,
            Self::Ip6 { .. } => uapi::LWTUNNEL_ENCAP_IP6,
            Self::Mpls(_) => uapi::LWTUNNEL_ENCAP_MPLS,
            Self::Ila(_) => uapi::LWTUNNEL_ENCAP_ILA,
        };
        request.attribute(uapi::RTA_ENCAP_TYPE, &kind.to_ne_bytes());
        request.nested(uapi::RTA_ENCAP, |inner| match self {
            Self::Ip { id, destination, source, tos, ttl, flags } => Tunnel {
                id: *id,
                destination: &destination.octets(),
                source: &source.octets(),
                tos: *tos,
                ttl: *ttl,
                flags: *flags,
            }
            .write(inner),
            Self::Ip6 { id, destination, source, traffic_class, hop_limit, flags } => Tunnel {
                id: *id,
                destination: &destination.octets(),
                source: &source.octets(),
                tos: *traffic_class,
                ttl: *hop_limit,
                flags: *flags,
            }
            .write(inner),
            Self::Mpls(labels) => {
                let last = labels.len().saturating_sub(1);
                let entry = |(place, label): (usize, &u32)| {
                    let bottom = if place == last { BOTTOM_OF_STACK } else { 0 };
                    ((label << LABEL_SHIFT) | bottom).to_be_bytes()
                };
                let stack: Vec<[u8; 4]> = labels.iter().enumerate().map(entry).collect();
                inner.attribute(uapi::MPLS_IPTUNNEL_DST, stack.as_flattened());
            }
            Self::Ila(locator) => {
                inner.attribute(uapi::ILA_ATTR_LOCATOR, &locator.to_be_bytes());
            }
        });
    }

    /// The values of `RTA_ENCAP_TYPE` and `RTA_ENCAP`; `None` for other kinds.
    pub(super) fn read(kind: u16, octets: &[u8]) -> Option<Self> {
        let find = |wanted: u16| {
            Attributes::new(octets).find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
        };
        Some(match kind {
            uapi::LWTUNNEL_ENCAP_IP => {
                let Tunnel { id, destination, source, tos, ttl, flags } = Tunnel::read(octets)?;
                let address = |octets: &[u8]| Some(Ipv4Addr::from(*octets.first_chunk::<4>()?));
                let (destination, source) = (address(destination)?, address(source)?);
                Self::Ip { id, destination, source, tos, ttl, flags }
            }
            uapi::LWTUNNEL_ENCAP_IP6 => {
                let Tunnel { id, destination, source, tos, ttl, flags } = Tunnel::read(octets)?;
                let address = |octets: &[u8]| Some(Ipv6Addr::from(*octets.first_chunk::<16>()?));
                Self::Ip6 {
                    id,
                    destination: address(destination)?,
                    source: address(source)?,
                    traffic_class: tos,
                    hop_limit: ttl,
                    flags,
                }
            }
            uapi::LWTUNNEL_ENCAP_MPLS => {
                let (stack, _) = find(uapi::MPLS_IPTUNNEL_DST)?.as_chunks::<4>();
                let label = |entry: &[u8; 4]| u32::from_be_bytes(*entry) >> LABEL_SHIFT;
                Self::Mpls(stack.iter().map(label).collect())
            }
            uapi::LWTUNNEL_ENCAP_ILA => {
                let locator = find(uapi::ILA_ATTR_LOCATOR)?.first_chunk()?;
                Self::Ila(u64::from_be_bytes(*locator))
            }
            _ => return None,
        })
    }
}

/// What both IP tunnels have.
struct Tunnel<'a> {
    id: u64,
    destination: &'a [u8],
    source: &'a [u8],
    tos: u8,
    ttl: u8,
    flags: u16,
}

impl<'a> Tunnel<'a> {
    fn write(&self, inner: &mut Request<'_>) {
        inner
            .attribute(uapi::LWTUNNEL_IP_ID, &self.id.to_be_bytes())
            .attribute(uapi::LWTUNNEL_IP_DST, self.destination)
            .attribute(uapi::LWTUNNEL_IP_SRC, self.source)
            .attribute(uapi::LWTUNNEL_IP_TTL, &[self.ttl])
            .attribute(uapi::LWTUNNEL_IP_TOS, &[self.tos])
            .attribute(uapi::LWTUNNEL_IP_FLAGS, &self.flags.to_be_bytes());
    }

    /// The kernel always tells all of it.
    fn read(octets: &'a [u8]) -> Option<Self> {
        let mut tunnel = Self { id: 0, destination: &[], source: &[], tos: 0, ttl: 0, flags: 0 };
        for (kind, value) in Attributes::new(octets) {
            match kind {
                uapi::LWTUNNEL_IP_ID => tunnel.id = u64::from_be_bytes(*value.first_chunk()?),
                uapi::LWTUNNEL_IP_DST => tunnel.destination = value,
                uapi::LWTUNNEL_IP_SRC => tunnel.source = value,
                uapi::LWTUNNEL_IP_TTL => tunnel.ttl = *value.first()?,
                uapi::LWTUNNEL_IP_TOS => tunnel.tos = *value.first()?,
                uapi::LWTUNNEL_IP_FLAGS => tunnel.flags = u16::from_be_bytes(*value.first_chunk()?),
                _ => {}
            }
        }
        Some(tunnel)
    }
}
