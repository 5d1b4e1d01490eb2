//! Addresses, each once.

use std::net::IpAddr;

use netlink_addr::Address;

/// Addresses of interfaces. Two that are [the same](Address::is_same) have one place here, whatever their
/// other attributes.
///
/// Sorted, because most have one address: a tree would take ten times the memory for that.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressSet(Vec<Address>);

/// Interface, address, length of the prefix.
type Identity = (u32, IpAddr, u8);

fn identity(address: &Address) -> Identity {
    (address.interface, address.local, address.prefix_length)
}

impl AddressSet {
    fn place(&self, wanted: Identity) -> Result<usize, usize> {
        self.0.binary_search_by_key(&wanted, identity)
    }

    pub(super) fn insert(&mut self, address: Address) {
        match self.place(identity(&address)) {
            Ok(place) => self.0[place] = address,
            Err(place) => {
                if self.0.is_empty() {
                    self.0.reserve_exact(1);
                }
                self.0.insert(place, address);
            }
        }
    }

    pub(super) fn remove(&mut self, address: &Address) -> Option<Address> {
        let place = self.place(identity(address)).ok()?;
        Some(self.0.remove(place))
    }

    pub(super) fn contains(&self, address: &Address) -> bool {
        self.place(identity(address)).is_ok()
    }

    /// Whether the address is there with just these attributes.
    pub(super) fn holds(&self, address: &Address) -> bool {
        self.place(identity(address)).is_ok_and(|place| self.0[place] == *address)
    }

    /// The address on the interface, with prefixes of any length.
    pub(super) fn at(&self, interface: u32, address: IpAddr) -> impl Iterator<Item = &Address> {
        let from = self.0.partition_point(|other| identity(other) < (interface, address, 0));
        let from = self.0[from..].iter();
        from.take_while(move |other| (other.interface, other.local) == (interface, address))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Address> {
        self.0.iter()
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
        let (taken, left) = std::mem::take(&mut self.0).into_iter().partition(is_meant);
        self.0 = left;
        taken
    }
}

impl Extend<Address> for AddressSet {
    fn extend<T: IntoIterator<Item = Address>>(&mut self, addresses: T) {
        let mut new: Vec<Address> = addresses.into_iter().collect();
        if new.len() == 1 {
            return new.pop().into_iter().for_each(|address| self.insert(address));
        }
        // Of two that are the same the newer one stays.
        new.reverse();
        new.append(&mut self.0);
        new.sort_by_key(identity);
        new.dedup_by_key(|address| identity(address));
        new.shrink_to_fit();
        self.0 = new;
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
    type IntoIter = std::vec::IntoIter<Address>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
