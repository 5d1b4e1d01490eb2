//! Interfaces and addresses change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netlink_addr::{Address, Change, Link};

use super::address_set::AddressSet;
use super::{Driver, Instance, Key};

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
        let mut touched = BTreeSet::new();
        let (mut arrived, mut removed) = (BTreeSet::new(), AddressSet::default());
        for change in changes {
            match change {
                Change::Link(link) => {
                    // It may have had another name before.
                    if let Some(place) = self.interfaces.place_of(link.index)
                        && self.interfaces[place].name != link.name
                    {
                        self.lost(place);
                        touched.insert(place);
                    }
                    if let Some(place) = self.interfaces.place(&link.name) {
                        if !self.is_ours(place, &link) {
                            self.lost(place);
                        } else if self.set_link(place, link) {
                            arrived.insert(place);
                        }
                        touched.insert(place);
                    }
                }
                Change::LinkGone(link) => {
                    if let Some(place) = self.interfaces.place_of(link.index) {
                        self.lost(place);
                        touched.insert(place);
                    }
                }
                Change::Address(address) => {
                    if let Some(place) = self.interfaces.place_of(address.interface)
                        && self.interfaces.get_mut(place).set_address(address)
                    {
                        touched.insert(place);
                    }
                }
                Change::AddressGone(address) => {
                    if let Some(place) = self.interfaces.place_of(address.interface) {
                        if self.interfaces.get_mut(place).drop_address(&address) {
                            touched.insert(place);
                        }
                        removed.insert(address);
                    }
                }
                // `Lost`, and whatever else may come.
                _ => {
                    self.read_anew();
                    touched.extend(0..self.interfaces.len());
                }
            }
        }
        if !arrived.is_empty() {
            self.arrived(&arrived.into_iter().collect::<Vec<_>>());
        }
        for place in &touched {
            self.tell_interface(*place);
        }
        let robbed: Vec<Key> = match removed.is_empty() {
            true => Vec::new(),
            false => self.keys_with_any(&removed),
        };
        for key in &robbed {
            self.put_back(*key);
        }
        let kept_any = removed.iter().any(|address| self.kept.has(address));
        if !touched.is_empty() || !robbed.is_empty() || kept_any {
            // Routes go with the addresses and links that they need, without a word.
            self.look_after_routes(|_, _| true);
            self.put_back_kept();
        }
        self.tell_watchers();
    }

    /// Routers that have put on one of these addresses.
    fn keys_with_any(&self, addresses: &AddressSet) -> Vec<Key> {
        let has = |(key, instance): (&Key, &Instance)| {
            let is_meant = instance.installed.iter().any(|installed| addresses.contains(installed));
            is_meant.then_some(*key)
        };
        self.instances.iter().filter_map(has).collect()
    }

    /// Asks for another look at everything, a little later.
    pub(super) fn resync_soon(&mut self) {
        // The first that failed decides: news of failures that go on must not postpone it.
        self.resync_due = self.resync_due.or(Some(self.now() + RESYNC));
    }

    /// Something failed before: look at every interface, and try again what has to be done.
    pub(super) fn resync(&mut self) {
        self.resync_due = None;
        self.read_anew();
        self.make_missing_carriers();
        self.unblock();
        for place in 0..self.interfaces.len() {
            self.open_missing_sockets(place);
            self.tell_interface(place);
            // Who leaves its role says so before its addresses go.
            self.perform_all();
            for key in self.keys_on(place) {
                let wanted = self.wanted_addresses(key);
                let is_unwanted = |_, installed: &Address| !wanted.contains(installed);
                self.remove_addresses(&[key], is_unwanted, &mut Vec::new());
            }
        }
        self.remove_orphans();
        self.look_after_routes(|_, _| true);
        self.look_after_rules();
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
        let mut links: BTreeMap<String, Link> =
            links.into_iter().map(|link| (link.name.clone(), link)).collect();
        let mut there = Vec::new();
        for place in 0..self.interfaces.len() {
            match links.remove(&self.interfaces[place].name) {
                Some(link) if self.is_ours(place, &link) => {
                    self.found(place, link);
                    there.push(place);
                }
                _ => self.lost(place),
            }
        }
        self.read_addresses(&there);
    }
}
