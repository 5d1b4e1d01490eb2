//! The interfaces that routers have to do with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Index;

use netlink_addr::{Address, AddressFlags, Link};

use super::Key;
use super::address_set::AddressSet;
use super::origin::ORIGIN;
use super::sockets::Sockets;

/// An interface by its name, whether or not it exists at the moment.
pub(super) struct Interface {
    pub(super) name: String,
    link: Option<Link>,
    /// Those that somebody else put there, in the kernel's order.
    pub(super) others: Vec<Address>,
    /// Those of VRRP. Where the kernel does not keep who put an address there, it is empty.
    pub(super) virtual_ones: AddressSet,
    pub(super) sockets: Sockets,
    /// The router whose addresses it was made to carry.
    pub(super) carries: Option<Key>,
    /// Whether a router names it, as one that it tracks or for addresses or routes.
    pub(super) is_named: bool,
}

impl Interface {
    pub(super) fn link(&self) -> Option<&Link> {
        self.link.as_ref()
    }

    pub(super) fn index(&self) -> Option<u32> {
        self.link.as_ref().map(|link| link.index)
    }

    pub(super) fn is_operational(&self) -> bool {
        self.link.as_ref().is_some_and(Link::is_operational)
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.others.iter().chain(self.virtual_ones.iter())
    }

    pub(super) fn has(&self, address: &Address) -> bool {
        self.virtual_ones.contains(address) || self.others.iter().any(|o| o.is_same(address))
    }

    /// This address as it is there, with prefixes of any length.
    pub(super) fn at(&self, address: IpAddr) -> impl Iterator<Item = &Address> {
        let others = self.others.iter().filter(move |other| other.local == address);
        others.chain(self.index().into_iter().flat_map(move |i| self.virtual_ones.at(i, address)))
    }

    /// Whether this address is on it, with a prefix of any length.
    pub(super) fn has_ip(&self, address: IpAddr) -> bool {
        self.at(address).next().is_some()
    }

    /// Takes what the kernel says of an address. Tells whether that may be of interest: an address of
    /// VRRP that came is none.
    pub(super) fn set_address(&mut self, address: Address) -> bool {
        if address.protocol == ORIGIN {
            let is_refused = address.flags.contains(AddressFlags::DADFAILED);
            self.virtual_ones.insert(address);
            return is_refused;
        }
        match self.others.iter_mut().find(|other| other.is_same(&address)) {
            Some(known) => *known = address,
            None => self.others.push(address),
        }
        true
    }

    /// The address is gone. Tells whether it was one that somebody else put there.
    pub(super) fn drop_address(&mut self, address: &Address) -> bool {
        if self.virtual_ones.remove(address).is_some() {
            return false;
        }
        self.others.retain(|other| !other.is_same(address));
        true
    }

    pub(super) fn set_addresses(&mut self, addresses: impl IntoIterator<Item = Address>) {
        let (virtual_ones, others): (Vec<_>, Vec<_>) =
            addresses.into_iter().partition(|address| address.protocol == ORIGIN);
        self.others = others;
        self.virtual_ones = virtual_ones.into_iter().collect();
    }
}

/// All of them. Grows only: an interface keeps its place while it is gone.
#[derive(Default)]
pub(super) struct Interfaces {
    all: Vec<Interface>,
    by_name: BTreeMap<String, usize>,
    by_index: BTreeMap<u32, usize>,
}

impl Interfaces {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The place of the interface with this name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The place of the interface with this index.
    pub(super) fn place_of(&self, index: u32) -> Option<usize> {
        self.by_index.get(&index).copied()
    }

    /// The place of the interface with this name, from now on.
    pub(super) fn place_for(&mut self, name: &str) -> usize {
        if let Some(place) = self.place(name) {
            return place;
        }
        let place = self.all.len();
        self.all.push(Interface {
            name: name.to_owned(),
            link: None,
            others: Vec::new(),
            virtual_ones: AddressSet::default(),
            sockets: Sockets::default(),
            carries: None,
            is_named: false,
        });
        self.by_name.insert(name.to_owned(), place);
        place
    }

    pub(super) fn get_mut(&mut self, place: usize) -> &mut Interface {
        &mut self.all[place]
    }

    /// The index of an interface that is watched and exists.
    pub(super) fn index_of(&self, name: &str) -> Option<u32> {
        self.all[self.place(name)?].index()
    }

    pub(super) fn set_link(&mut self, place: usize, link: Option<Link>) {
        let before = self.all[place].index();
        let now = link.as_ref().map(|link| link.index);
        if before != now {
            if let Some(before) = before {
                self.by_index.remove(&before);
            }
            if let Some(now) = now {
                self.by_index.insert(now, place);
            }
        }
        self.all[place].link = link;
    }
}

impl Index<usize> for Interfaces {
    type Output = Interface;

    fn index(&self, place: usize) -> &Interface {
        &self.all[place]
    }
}
