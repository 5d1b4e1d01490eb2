//! An interface: `struct ifinfomsg` and its attributes.

mod probe;
mod settings;
mod virtual_link;

use std::fmt;

use netlink_conn::{Attributes, Message};

use crate::address::text;
use crate::attribute::number;
use crate::uapi;

pub use probe::CarrierProbe;
pub use settings::{Ipv4Setting, LinkSettings};
pub use virtual_link::{IpvlanMode, MacvlanMode, VirtualLink, VirtualLinkKind};

/// A link-layer address of Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "any six octets are one")]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Its address, when it is an Ethernet link that uses ARP.
    pub mac: Option<MacAddress>,
    /// It was brought up (`IFF_UP`).
    pub is_up: bool,
    /// It has a carrier (`IFF_RUNNING`).
    pub is_running: bool,
    /// Index of the interface below: that of a macvlan, an ipvlan or a VLAN.
    pub base: Option<u32>,
    /// Index of the interface above: the VRF, bridge or bond that it belongs to.
    pub master: Option<u32>,
    /// The kind of a virtual one, as `macvlan`, `ipvlan`, `vrf`.
    pub kind: Option<String>,
    /// The routing table of a VRF.
    pub vrf_table: Option<u32>,
    /// The largest packet that it takes, in octets.
    pub mtu: u32,
    /// Its IPv4 settings by their number, from 1 (`IFLA_INET_CONF`).
    ipv4: Vec<u32>,
}

impl Link {
    /// Whether packets can pass.
    pub fn is_operational(&self) -> bool {
        self.is_up && self.is_running
    }

    /// One of its IPv4 settings; `None` when the kernel does not tell.
    pub fn ipv4_setting(&self, setting: Ipv4Setting) -> Option<u32> {
        self.ipv4.get(usize::from(setting.number()) - 1).copied()
    }

    /// The link in an `RTM_NEWLINK` or `RTM_DELLINK` message.
    pub(crate) fn read(message: &Message<'_>) -> Option<Self> {
        let (fixed, attributes) = message.payload.split_first_chunk::<{ uapi::IFINFOMSG }>()?;
        // Bridges tell about their ports in messages of family AF_BRIDGE, which lack most of this.
        if fixed[0] != 0 {
            return None;
        }
        let word = |at: usize| {
            let octets: [u8; 4] = [fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]];
            u32::from_ne_bytes(octets)
        };
        let (index, flags) = (word(4), word(8));
        let is_ethernet = u16::from_ne_bytes([fixed[2], fixed[3]]) == uapi::ARPHRD_ETHER;
        let mut link = Self {
            index,
            name: String::new(),
            mac: None,
            is_up: flags & uapi::IFF_UP != 0,
            is_running: flags & uapi::IFF_RUNNING != 0,
            base: None,
            master: None,
            kind: None,
            vrf_table: None,
            mtu: 0,
            ipv4: Vec::new(),
        };
        for (kind, value) in Attributes::new(attributes) {
            match kind {
                uapi::IFLA_IFNAME => link.name = text(value),
                uapi::IFLA_ADDRESS => link.mac = <[u8; 6]>::try_from(value).ok().map(MacAddress),
                uapi::IFLA_LINK => link.base = number(value),
                uapi::IFLA_MASTER => link.master = number(value),
                uapi::IFLA_MTU => link.mtu = number(value).unwrap_or(0),
                uapi::IFLA_LINKINFO => {
                    link.kind = find(value, uapi::IFLA_INFO_KIND).map(text);
                    let data = find(value, uapi::IFLA_INFO_DATA).unwrap_or_default();
                    if link.kind.as_deref() == Some("vrf") {
                        link.vrf_table = find(data, uapi::IFLA_VRF_TABLE).and_then(number);
                    }
                }
                uapi::IFLA_AF_SPEC => {
                    let ipv4 = find(value, uapi::AF_INET.into());
                    let values = ipv4.and_then(|ipv4| find(ipv4, uapi::IFLA_INET_CONF));
                    let words = values.unwrap_or_default().as_chunks::<4>().0;
                    link.ipv4 = words.iter().map(|word| u32::from_ne_bytes(*word)).collect();
                }
                _ => {}
            }
        }
        link.mac = link.mac.filter(|_| is_ethernet && flags & uapi::IFF_NOARP == 0);
        (!link.name.is_empty()).then_some(link)
    }
}

fn find(attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    Attributes::new(attributes).find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
}
