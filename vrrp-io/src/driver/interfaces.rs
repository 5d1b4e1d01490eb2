//! The interfaces that routers have to do with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Index;

use netlink_addr::{Address, AddressFlags, Link};
use vrrp_fsm::Timestamp;

use super::Key;
use super::address_set::AddressSet;
use super::origin::ORIGIN;
use super::sockets::Sockets;
use crate::config::InterfaceSettings;

/// An interface by its name, whether or not it exists at the moment.
pub(super) struct Interface {
    pub(super) name: String,
    link: Option<Link>,
    /// What its driver says of the carrier, if that is asked.
    carrier: Option<bool>,
    /// Whether it counts as operational.
    is_operational: bool,
    /// Whether it was there before.
    was_seen: bool,
    /// When it will count as what it is now.
    settles: Option<Timestamp>,
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

    /// Whether it counts as operational: it is, and has been for long enough.
    pub(super) fn is_operational(&self) -> bool {
        self.is_operational
    }

    /// What is known has changed: from when on it counts. Tells whether it counts at once.
    fn review(&mut self, settings: &InterfaceSettings, now: Timestamp) -> bool {
        let is_operational = self.link.as_ref().is_some_and(|link| match self.carrier {
            Some(carrier) => link.is_up && carrier,
            None => link.is_operational(),
        });
        if is_operational == self.is_operational {
            self.settles = None;
            return false;
        }
        let (down, up) = settings.delays.get(&self.name).copied().unwrap_or_default();
        let delay = if is_operational { up } else { down };
        // One that is gone needs no patience, and of a new one nothing is known yet.
        if delay.is_zero() || self.link.is_none() || !self.was_seen {
            self.is_operational = is_operational;
            self.settles = None;
            return true;
        }
        self.settles = self.settles.or(Some(now + delay));
        false
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
            self.others.retain(|other| !other.is_same(&address));
            self.virtual_ones.insert(address);
            return is_refused;
        }
        // Who changes an address becomes the one who put it there.
        self.virtual_ones.remove(&address);
        match self.others.iter_mut().find(|other| other.is_same(&address)) {
            Some(known) => *known = address,
            None => self.others.push(address),
        }
        true
    }

    /// The address is gone. Tells whether it was one that somebody else put there.
    pub(super) fn drop_address(&mut self, address: &Address) -> bool {
        let was_ours = self.virtual_ones.remove(address).is_some();
        if was_ours && self.others.iter().all(|other| !other.is_same(address)) {
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
    settings: InterfaceSettings,
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
            carrier: None,
            is_operational: false,
            was_seen: false,
            settles: None,
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

    pub(super) fn set_link(&mut self, place: usize, link: Option<Link>, now: Timestamp) {
        let before = self.all[place].index();
        let index = link.as_ref().map(|link| link.index);
        if before != index {
            // Indexes may have changed places.
            if let Some(before) = before.filter(|before| self.by_index.get(before) == Some(&place))
            {
                self.by_index.remove(&before);
            }
            if let Some(index) = index {
                self.by_index.insert(index, place);
            }
        }
        let is_gone = link.is_none();
        let interface = &mut self.all[place];
        interface.link = link;
        if is_gone {
            interface.carrier = None;
        }
        interface.review(&self.settings, now);
        interface.was_seen = true;
    }

    /// Returns the places of those that are now something else.
    pub(super) fn set_settings(
        &mut self,
        settings: InterfaceSettings,
        now: Timestamp,
    ) -> Vec<usize> {
        self.settings = settings;
        let (all, settings) = (self.all.iter_mut(), &self.settings);
        let review = |(place, interface): (usize, &mut Interface)| {
            if !settings.polls(&interface.name) {
                interface.carrier = None;
            }
            interface.settles = None;
            interface.review(settings, now).then_some(place)
        };
        all.enumerate().filter_map(review).collect()
    }

    /// What drivers say, by the index of the interface. Returns the places of those that are now
    /// something else.
    pub(super) fn set_carriers(
        &mut self,
        carriers: &BTreeMap<u32, bool>,
        now: Timestamp,
    ) -> Vec<usize> {
        let (all, settings) = (self.all.iter_mut(), &self.settings);
        let review = |(place, interface): (usize, &mut Interface)| {
            // Interfaces of our own have no driver.
            if interface.carries.is_some() || !settings.polls(&interface.name) {
                return None;
            }
            interface.carrier = carriers.get(&interface.index()?).copied();
            interface.review(settings, now).then_some(place)
        };
        all.enumerate().filter_map(review).collect()
    }

    pub(super) fn settle_deadline(&self) -> Option<Timestamp> {
        match self.settings.delays.is_empty() {
            true => None,
            false => self.all.iter().filter_map(|interface| interface.settles).min(),
        }
    }

    /// Those that have waited long enough count as what they are. Returns their places.
    pub(super) fn settle(&mut self, now: Timestamp) -> Vec<usize> {
        let settle = |(place, interface): (usize, &mut Interface)| {
            interface.settles.filter(|due| *due <= now)?;
            interface.settles = None;
            interface.is_operational = !interface.is_operational;
            Some(place)
        };
        self.all.iter_mut().enumerate().filter_map(settle).collect()
    }
}

impl Index<usize> for Interfaces {
    type Output = Interface;

    fn index(&self, place: usize) -> &Interface {
        &self.all[place]
    }
}
