//! The sets of a table and what is in them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::blocked::Blocked;
use crate::error::FirewallError;
use crate::family::Family;
use crate::uapi;

/// A set of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// Addresses.
    Addresses,
    /// Addresses, each with an interface.
    LinkLocal,
}

impl Set {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Addresses => "vips",
            Self::LinkLocal => "link_local_vips",
        }
    }

    /// A number within the transaction that makes it.
    pub(crate) fn id(self) -> u32 {
        match self {
            Self::Addresses => 1,
            Self::LinkLocal => 2,
        }
    }

    /// What a key is for `nft`.
    pub(crate) fn key_type(self, family: Family, by_index: bool) -> u32 {
        let address = family.address_type();
        match (self, by_index) {
            (Self::Addresses, _) => address,
            (Self::LinkLocal, true) => (address << uapi::TYPE_BITS) | uapi::TYPE_IFINDEX,
            (Self::LinkLocal, false) => (address << uapi::TYPE_BITS) | uapi::TYPE_IFNAME,
        }
    }

    /// How long a key is.
    pub(crate) fn key_length(self, family: Family, by_index: bool) -> u32 {
        let address = family.address_length();
        match (self, by_index) {
            (Self::Addresses, _) => address,
            (Self::LinkLocal, true) => address + uapi::INTERFACE_INDEX,
            (Self::LinkLocal, false) => address + uapi::INTERFACE_NAME,
        }
    }
}

impl Family {
    pub(crate) fn sets(self) -> &'static [Set] {
        match self {
            Self::Ipv4 => &[Set::Addresses],
            Self::Ipv6 => &[Set::Addresses, Set::LinkLocal],
        }
    }
}

/// The keys in the sets of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elements {
    addresses: BTreeSet<Vec<u8>>,
    link_local: BTreeSet<Vec<u8>>,
}

impl Elements {
    /// Those that block the addresses of a family.
    pub(crate) fn of(
        family: Family,
        blocked: &[Blocked],
        by_index: bool,
    ) -> Result<Self, FirewallError> {
        let mut elements = Self::default();
        for blocked in blocked {
            match (family, blocked.address) {
                (Family::Ipv4, IpAddr::V4(address)) => {
                    elements.addresses.insert(address.octets().to_vec());
                }
                (Family::Ipv6, IpAddr::V6(address)) => match &blocked.interface {
                    Some(interface) if address.is_unicast_link_local() => {
                        let key = interface.key(by_index);
                        let key = key.ok_or_else(|| FirewallError::Interface {
                            address: address.into(),
                            interface: interface.clone(),
                            allowed: if by_index { "an index" } else { "a name of 1 to 15 octets" },
                        })?;
                        let key = [address.octets().as_slice(), key.as_slice()].concat();
                        elements.link_local.insert(key);
                    }
                    _ => {
                        elements.addresses.insert(address.octets().to_vec());
                    }
                },
                _ => {}
            }
        }
        Ok(elements)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.link_local.is_empty()
    }

    pub(crate) fn keys(&self, set: Set) -> &BTreeSet<Vec<u8>> {
        match set {
            Set::Addresses => &self.addresses,
            Set::LinkLocal => &self.link_local,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocking::Interface;

    fn blocked(address: &str, interface: Option<Interface>) -> Blocked {
        Blocked::new(address.parse().unwrap(), interface)
    }

    fn ipv6(blocked: &[Blocked], by_index: bool) -> Elements {
        Elements::of(Family::Ipv6, blocked, by_index).unwrap()
    }

    #[test]
    fn each_family_gets_its_own() {
        let all = [blocked("192.0.2.1", None), blocked("2001:db8::1", Some("eth0".into()))];
        let ipv4 = Elements::of(Family::Ipv4, &all, false).unwrap();
        assert_eq!(ipv4.keys(Set::Addresses), &BTreeSet::from([vec![192, 0, 2, 1]]));
        let ipv6 = ipv6(&all, false);
        assert_eq!(ipv6.keys(Set::Addresses).len(), 1);
        assert!(ipv6.keys(Set::LinkLocal).is_empty());
        assert!(Elements::of(Family::Ipv4, &all[1..], false).unwrap().is_empty());
    }

    #[test]
    fn link_local_keys_have_the_interface_behind_the_address() {
        let by_name = ipv6(&[blocked("fe80::1", Some("eth0".into()))], false);
        let key = by_name.keys(Set::LinkLocal).first().unwrap();
        assert_eq!(key.len(), Set::LinkLocal.key_length(Family::Ipv6, false) as usize);
        assert_eq!(&key[..2], [0xfe, 0x80]);
        assert_eq!(&key[15..], b"\x01eth0\0\0\0\0\0\0\0\0\0\0\0\0");

        let by_index = ipv6(&[blocked("fe80::1", Some(Interface::Index(7)))], true);
        let key = by_index.keys(Set::LinkLocal).first().unwrap();
        assert_eq!(key.len(), Set::LinkLocal.key_length(Family::Ipv6, true) as usize);
        assert_eq!(&key[16..], 7u32.to_ne_bytes());

        let everywhere = ipv6(&[blocked("fe80::1", None)], false);
        assert_eq!(everywhere.keys(Set::Addresses).len(), 1);
    }

    #[test]
    fn an_interface_that_is_told_wrongly_is_refused() {
        let name = |name: &str| Interface::Name(name.to_owned());
        for (interface, by_index) in [
            (name(""), false),
            (name("sixteen-letters-"), false),
            (name("a\0b"), false),
            (name("eth0"), true),
            (Interface::Index(7), false),
        ] {
            let wrong = [blocked("fe80::1", Some(interface))];
            let error = Elements::of(Family::Ipv6, &wrong, by_index).unwrap_err();
            assert!(matches!(error, FirewallError::Interface { .. }), "{error}");
        }
    }
}
