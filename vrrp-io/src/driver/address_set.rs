//! Addresses, each once.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netlink_addr::Address;

/// Addresses of interfaces. Two that are [the same](Address::is_same) have one place here, whatever their
/// other attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressSet(BTreeMap<Identity, Address>);

/// Interface, address, length of the prefix.
type Identity = (u32, IpAddr, u8);

fn identity(address: &Address) -> Identity {
    (address.interface, address.local, address.prefix_length)
}

impl AddressSet {
    pub(super) fn insert(&mut self, address: Address) {
        self.0.insert(identity(&address), address);
    }

    pub(super) fn remove(&mut self, address: &Address) -> Option<Address> {
        self.0.remove(&identity(address))
    }

    pub(super) fn contains(&self, address: &Address) -> bool {
        self.0.contains_key(&identity(address))
    }

    /// The address on the interface, with prefixes of any length.
    pub(super) fn at(&self, interface: u32, address: IpAddr) -> impl Iterator<Item = &Address> {
        let range = (interface, address, 0)..=(interface, address, u8::MAX);
        self.0.range(range).map(|(_, address)| address)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Address> {
        self.0.values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes out those that `is_meant`.
    pub(super) fn take(&mut self, is_meant: impl Fn(&Address) -> bool) -> Vec<Address> {
        let (taken, left) = std::mem::take(&mut self.0)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(_, address)| is_meant(address));
        self.0 = left;
        taken.into_values().collect()
    }
}

impl Extend<Address> for AddressSet {
    fn extend<T: IntoIterator<Item = Address>>(&mut self, addresses: T) {
        addresses.into_iter().for_each(|address| self.insert(address));
    }
}

impl FromIterator<Address> for AddressSet {
    fn from_iter<T: IntoIterator<Item = Address>>(addresses: T) -> Self {
        let mut set = Self::default();
        set.extend(addresses);
        set
    }
}

impl IntoIterator for AddressSet {
    type Item = Address;
    type IntoIter = std::collections::btree_map::IntoValues<Identity, Address>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_values()
    }
}
