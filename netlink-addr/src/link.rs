//! An interface: `struct ifinfomsg` and its attributes.

use std::fmt;

use netlink_conn::{Attributes, Message};

use crate::address::text;
use crate::uapi;

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
}

impl Link {
    /// Whether packets can pass.
    pub fn is_operational(&self) -> bool {
        self.is_up && self.is_running
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
        let (mut name, mut mac) = (None, None);
        for (kind, value) in Attributes::new(attributes) {
            match kind {
                uapi::IFLA_IFNAME => name = Some(text(value)),
                uapi::IFLA_ADDRESS => mac = <[u8; 6]>::try_from(value).ok().map(MacAddress),
                _ => {}
            }
        }
        Some(Self {
            index,
            name: name?,
            mac: mac.filter(|_| is_ethernet && flags & uapi::IFF_NOARP == 0),
            is_up: flags & uapi::IFF_UP != 0,
            is_running: flags & uapi::IFF_RUNNING != 0,
        })
    }
}
