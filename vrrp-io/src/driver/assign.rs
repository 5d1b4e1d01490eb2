//! Addresses of routers are put on interfaces and taken off.

use netlink_addr::Address;
use vrrp_fsm::Action;

use super::address::interface_address;
use super::address_set::AddressSet;
use super::origin::ORIGIN;
use super::perform::{Failed, Failure};
use super::rules::marked;
use super::{Driver, Key};
use crate::config::{RouterConfig, VirtualAddress};

impl Driver {
    /// Performs changes in their order; many of the same kind in a row are one.
    pub(super) fn change_addresses(&mut self, changes: &[(Key, Action)], failed: &mut Failed) {
        let is_alike = |(_, a): &(Key, Action), (_, b): &(Key, Action)| a == b;
        for run in changes.chunk_by(is_alike) {
            let keys: Vec<Key> = run.iter().map(|(key, _)| *key).collect();
            match run[0].1 {
                Action::AddAddresses => self.add_addresses(&keys, Action::AddAddresses, failed),
                Action::RemoveAddresses => {
                    self.remove_rules(&keys, |_| true);
                    self.remove_routes(&keys, |_| true);
                    self.remove_addresses(&keys, |_, _| true, failed);
                }
                action => {
                    for key in keys {
                        self.replace_addresses(key, action, failed);
                    }
                }
            }
        }
    }

    /// Where an address is put: on an interface of the router's own, on the one that it names, or on
    /// that of the router.
    pub(super) fn place_for_address(
        &self,
        key: Key,
        config: &RouterConfig,
        address: &VirtualAddress,
    ) -> Option<usize> {
        let base = match address.device_name() {
            Some(name) => self.interfaces.place(name)?,
            None => key.interface,
        };
        if !config.carries(address) {
            return Some(base);
        }
        let carriers = &self.instances.get(&key)?.carriers;
        carriers.iter().find(|carrier| carrier.base == base).map(|carrier| carrier.place)
    }

    /// The addresses of a router as they are put on interfaces, and whether they are put back. Those
    /// whose interface is missing are left out until that comes.
    pub(super) fn addresses_of(&self, key: Key, config: &RouterConfig) -> Vec<(Address, bool)> {
        let resolve = |address: &VirtualAddress| {
            let place = self.place_for_address(key, config, address)?;
            let index = self.interfaces[place].index()?;
            Some((interface_address(index, address)?, address.is_tracked()))
        };
        config.all_addresses().filter_map(resolve).collect()
    }

    /// Adds the addresses of these routers. A router one of whose addresses is refused has failed in `action`.
    fn add_addresses(&mut self, keys: &[Key], action: Action, failed: &mut Failed) {
        let (mut wanted, mut owners) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(addresses) = self.missing_addresses(*key) else {
                self.fail(*key, action, &Failure::NoInterface, failed);
                continue;
            };
            owners.extend(addresses.iter().map(|_| *key));
            wanted.extend(addresses);
        }
        match self.table.add(&wanted) {
            Ok(outcomes) => {
                for (outcome, key) in outcomes.into_iter().zip(&owners) {
                    if let Err(error) = outcome {
                        self.fail_once(*key, action, &error.into(), failed);
                    }
                }
            }
            Err(error) => {
                for key in keys {
                    self.fail_once(*key, action, &error.clone().into(), failed);
                }
            }
        }
        self.add_routes(keys);
        self.add_rules(keys);
    }

    fn fail_once(&self, key: Key, action: Action, error: &Failure, failed: &mut Failed) {
        if !failed.contains(&(key, action)) {
            self.fail(key, action, error, failed);
        }
    }

    /// What is to be added for a router, which is noted as put on: only a removal makes it forget that.
    fn missing_addresses(&mut self, key: Key) -> Option<Vec<Address>> {
        self.interfaces[key.interface].index()?;
        let instance = self.instances.get(&key)?;
        // What an owner has already is its own: it is neither added nor, later, removed. So is what somebody
        // else has put on an interface that came later, unless the router is to take that over.
        let config = &instance.config;
        let leaves = config.router.priority().is_owner() || !config.takes_over_addresses;
        let is_own = |wanted: &Address| {
            if !leaves {
                return false;
            }
            let place = self.interfaces.place_of(wanted.interface);
            let others = place.map(|place| &self.interfaces[place].others);
            others.is_some_and(|o| o.iter().any(|o| o.is_same(wanted) && o.protocol != ORIGIN))
        };
        // What is not to be looked after and was taken away stays away.
        let wanted: Vec<Address> = self
            .addresses_of(key, &instance.config)
            .into_iter()
            .filter(|(wanted, is_tracked)| match instance.installed.contains(wanted) {
                true => *is_tracked,
                false => !is_own(wanted),
            })
            .map(|(wanted, _)| wanted)
            .collect();
        self.instances.get_mut(&key)?.installed.extend(wanted.iter().cloned());
        Some(wanted)
    }

    /// Removes installed addresses that `is_meant`. Those that cannot be removed are not forgotten, and
    /// it is tried again.
    pub(super) fn remove_addresses(
        &mut self,
        keys: &[Key],
        is_meant: impl Fn(Key, &Address) -> bool,
        failed: &mut Failed,
    ) {
        let (mut removed, mut owners) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(instance) = self.instances.get_mut(key) else { continue };
            let of_it = instance.installed.take(|address| is_meant(*key, address));
            owners.extend(of_it.iter().map(|_| *key));
            removed.extend(of_it);
        }
        if removed.is_empty() {
            return;
        }
        let outcomes = match self.table.remove(&removed) {
            Ok(outcomes) => outcomes.into_iter().map(|o| o.map_err(Failure::from)).collect(),
            Err(error) => {
                removed.iter().map(|_| Err(Failure::from(error.clone()))).collect::<Vec<_>>()
            }
        };
        for ((outcome, key), address) in outcomes.into_iter().zip(owners).zip(removed) {
            let Err(error) = outcome else { continue };
            if let Some(instance) = self.instances.get_mut(&key) {
                instance.installed.insert(address);
            }
            self.fail_once(key, Action::RemoveAddresses, &error, failed);
            self.resync_soon();
        }
    }

    fn replace_addresses(&mut self, key: Key, action: Action, failed: &mut Failed) {
        let Some(instance) = self.instances.get(&key) else { return };
        let wanted: AddressSet = self
            .addresses_of(key, &instance.config)
            .into_iter()
            .map(|(wanted, _)| wanted)
            .collect();
        let routes = self.routes_of(&instance.config);
        let rules: Vec<_> = instance.config.rules.iter().map(marked).collect();
        self.remove_rules(&[key], |installed| !rules.contains(installed));
        self.remove_routes(&[key], |installed| {
            !routes.iter().any(|(wanted, _)| wanted == installed)
        });
        // One that cannot be removed is tried again; it does not make the router unfit.
        self.remove_addresses(&[key], |_, installed| !wanted.holds(installed), &mut Vec::new());
        self.add_addresses(&[key], action, failed);
    }
}
