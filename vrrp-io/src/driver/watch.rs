//! Interfaces and addresses change.

use std::time::Duration;

use netlink_addr::{Address, Change, Link};

use super::Driver;

/// After a failure to read what the kernel has, it is tried again after this time.
const RESYNC: Duration = Duration::from_millis(500);

impl Driver {
    pub(super) fn take_changes(&mut self) {
        let changes = match self.monitor.changes() {
            Ok(changes) => changes,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot watch interfaces; reading them anew");
                vec![Change::Lost]
            }
        };
        let mut is_touched = vec![false; self.interfaces.len()];
        for change in changes {
            match change {
                Change::Link(link) => {
                    // It may have had another name before.
                    if let Some(place) = self.place_of(link.index)
                        && self.interfaces[place].name != link.name
                    {
                        self.lost(place);
                        is_touched[place] = true;
                    }
                    if let Some(place) = self.place(&link.name) {
                        self.found(place, link);
                        is_touched[place] = true;
                    }
                }
                Change::LinkGone(link) => {
                    if let Some(place) = self.place_of(link.index) {
                        self.lost(place);
                        is_touched[place] = true;
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
                    self.read_anew();
                    is_touched.fill(true);
                }
            }
        }
        let touched: Vec<usize> = (0..is_touched.len()).filter(|at| is_touched[*at]).collect();
        for place in &touched {
            self.tell_interface(*place);
        }
        if !touched.is_empty() {
            // Routes go with the addresses and links that they need, without a word.
            self.look_after_routes(|_, _| true);
            self.put_back_kept();
        }
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.interfaces.iter().position(|interface| interface.name == name)
    }

    fn place_of(&self, index: u32) -> Option<usize> {
        self.interfaces.iter().position(|interface| interface.index() == Some(index))
    }

    /// Asks for another look at everything, a little later.
    pub(super) fn resync_soon(&mut self) {
        self.resync_due = Some(self.now() + RESYNC);
    }

    /// Something failed before: look at every interface, and try again what has to be done.
    pub(super) fn resync(&mut self) {
        self.resync_due = None;
        self.read_anew();
        for place in 0..self.interfaces.len() {
            self.open_missing_sockets(place);
            self.tell_interface(place);
            for key in self.keys_on(place) {
                let wanted = self.wanted_addresses(key);
                let is_unwanted =
                    |installed: &Address| !wanted.iter().any(|wanted| wanted.is_same(installed));
                if let Err(error) = self.remove_addresses(key, is_unwanted) {
                    let error = crate::error::chain(&error);
                    tracing::warn!(vrid = key.vrid.get(), error, "addresses are left behind");
                }
            }
        }
        self.remove_orphans();
        self.look_after_routes(|_, _| true);
        self.put_back_kept();
    }

    fn read_anew(&mut self) {
        let links: Vec<Link> = match self.table.links() {
            Ok(links) => links,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot read the interfaces");
                return self.resync_soon();
            }
        };
        for place in 0..self.interfaces.len() {
            let name = &self.interfaces[place].name;
            match links.iter().find(|link| link.name == *name).cloned() {
                Some(link) => {
                    self.found(place, link);
                    self.read_addresses(place);
                }
                None => self.lost(place),
            }
        }
    }
}
