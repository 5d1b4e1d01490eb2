//! Interfaces and addresses change.

use netlink_addr::Change;
use vrrp_fsm::{Input, State};

use super::{Driver, Key};

impl Driver {
    pub(super) fn take_changes(&mut self) {
        let changes = match self.monitor.changes() {
            Ok(changes) => changes,
            Err(error) => {
                tracing::error!(%error, "cannot watch interfaces; reading them anew");
                vec![Change::Lost]
            }
        };
        let mut is_touched = vec![false; self.interfaces.len()];
        for change in changes {
            match change {
                Change::Link(link) => {
                    let renamed = |interface: &&mut super::Interface| {
                        interface.index() == Some(link.index) && interface.name != link.name
                    };
                    if let Some(interface) = self.interfaces.iter_mut().find(renamed) {
                        interface.link = None;
                    }
                    if let Some(place) = self.place(&link.name) {
                        is_touched[place] = true;
                        let is_new = self.interfaces[place].index() != Some(link.index);
                        let index = link.index;
                        self.interfaces[place].link = Some(link);
                        if is_new {
                            self.returned(place, index);
                        }
                    }
                }
                Change::LinkGone(link) => {
                    let gone = |interface: &super::Interface| interface.index() == Some(link.index);
                    if let Some(place) = self.interfaces.iter().position(gone) {
                        is_touched[place] = true;
                        self.interfaces[place].link = None;
                        self.interfaces[place].addresses.clear();
                    }
                }
                Change::Address(address) => {
                    if let Some(place) = self.place_of(address.interface) {
                        is_touched[place] = true;
                        let addresses = &mut self.interfaces[place].addresses;
                        match addresses.iter_mut().find(|known| known.is_same(&address)) {
                            Some(known) => *known = address,
                            None => addresses.push(address),
                        }
                    }
                }
                Change::AddressGone(address) => {
                    if let Some(place) = self.place_of(address.interface) {
                        is_touched[place] = true;
                        self.interfaces[place].addresses.retain(|known| !known.is_same(&address));
                    }
                }
                // `Lost`, and whatever else may come.
                _ => {
                    is_touched.fill(true);
                    self.read_anew();
                }
            }
        }
        for place in (0..self.interfaces.len()).filter(|place| is_touched[*place]) {
            let outlook = self.outlook(place);
            let on_it = |key: &&Key| key.interface == place;
            let keys: Vec<Key> = self.instances.keys().filter(on_it).copied().collect();
            for key in keys {
                self.tell_interface(key, &outlook);
                self.put_back(key);
            }
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.interfaces.iter().position(|interface| interface.name == name)
    }

    fn place_of(&self, index: u32) -> Option<usize> {
        self.interfaces.iter().position(|interface| interface.index() == Some(index))
    }

    /// An interface of a known name is there again, with another index: the old sockets and
    /// addresses went with the old one.
    fn returned(&mut self, place: usize, index: u32) {
        self.interfaces[place].addresses = self.addresses_of(index).unwrap_or_default();
        for (key, instance) in &mut self.instances {
            if key.interface == place {
                instance.installed.clear();
            }
        }
        if let Err(error) = self.reopen_sockets(place) {
            let interface = &self.interfaces[place].name;
            tracing::error!(interface, %error, "cannot use the interface that returned");
            self.interfaces[place].link = None;
        }
    }

    /// Changes were lost: look at every interface.
    fn read_anew(&mut self) {
        let links = match self.table.links() {
            Ok(links) => links,
            Err(error) => {
                tracing::error!(%error, "cannot read the interfaces");
                return;
            }
        };
        for place in 0..self.interfaces.len() {
            let known = self.interfaces[place].index();
            let link = links.iter().find(|link| link.name == self.interfaces[place].name);
            self.interfaces[place].link = link.cloned();
            match self.interfaces[place].index() {
                Some(index) if known == Some(index) => {
                    self.interfaces[place].addresses = self.addresses_of(index).unwrap_or_default();
                }
                Some(index) => self.returned(place, index),
                None => self.interfaces[place].addresses.clear(),
            }
        }
    }

    /// An Active router's addresses are its own: what somebody else takes away is put back. The table
    /// is asked, because the news may be of our own doing and old.
    fn put_back(&mut self, key: Key) {
        if self.routers.get(&key).is_none_or(|router| router.state() != State::Active) {
            return;
        }
        let Some(instance) = self.instances.get(&key) else { return };
        let known = &self.interfaces[key.interface].addresses;
        let is_known =
            |address: &netlink_addr::Address| known.iter().any(|known| known.is_same(address));
        if instance.installed.iter().all(is_known) {
            return;
        }
        let installed = instance.installed.clone();
        if !self.are_present(&installed) {
            tracing::warn!(
                vrid = key.vrid.get(),
                "virtual addresses were removed; putting them back"
            );
            self.input(key, Input::AddressesLost);
        }
    }
}
