//! Addresses that a crash left behind, and those that are not ours to take.

use std::net::IpAddr;

use netlink_addr::Address;

use super::origin::ORIGIN;
use super::{Driver, Key};
use crate::config::{RouterConfig, VirtualAddress};
use crate::error::AddError;

impl Driver {
    /// Notes that the addresses are this router's, if no other router has one of them.
    pub(super) fn assign(&mut self, key: Key, config: &RouterConfig) -> Result<(), AddError> {
        let places = self.assigned_places(key, config);
        let is_taken = |place| self.assigned.get(place).is_some_and(|holder| *holder != key);
        if let Some((_, address)) = places.iter().find(|place| is_taken(place)) {
            let (interface, address) = (config.interface.clone(), *address);
            return Err(AddError::AddressInUse { interface, address });
        }
        self.assigned.extend(places.into_iter().map(|place| (place, key)));
        Ok(())
    }

    /// Nobody has these addresses any more.
    pub(super) fn unassign(&mut self, key: Key, config: &RouterConfig) {
        for place in self.assigned_places(key, config) {
            if self.assigned.get(&place) == Some(&key) {
                self.assigned.remove(&place);
            }
        }
    }

    fn assigned_places(&self, key: Key, config: &RouterConfig) -> Vec<(usize, IpAddr)> {
        let place = |address: &VirtualAddress| {
            let place = match address.device_name() {
                Some(name) => self.interfaces.place(name)?,
                None => key.interface,
            };
            Some((place, address.address()))
        };
        config.all_addresses().filter_map(place).collect()
    }

    /// Those of the router's addresses that a crash left on interfaces; an error when they are somebody
    /// else's.
    ///
    /// Where the kernel keeps `IFA_PROTO`, only addresses of VRRP are taken for leftovers; elsewhere
    /// one with the configured prefix length is. The owner may have addresses that others put there.
    pub(super) fn leftovers(
        &self,
        key: Key,
        config: &RouterConfig,
    ) -> Result<Vec<Address>, AddError> {
        if config.router.priority().is_owner() {
            // What is left of an earlier Active router is adopted: it is added again at once.
            return Ok(Vec::new());
        }
        let instance = self.instances.get(&key);
        let is_own = |present: &Address| instance.is_some_and(|i| i.installed.contains(present));
        let mut found = Vec::new();
        for (wanted, _) in self.addresses_of(key, config) {
            let Some(place) = self.interfaces.place_of(wanted.interface) else { continue };
            for present in self.interfaces[place].at(wanted.local) {
                let is_leftover = match self.keeps_origin {
                    _ if config.takes_over_addresses => true,
                    true => present.protocol == ORIGIN,
                    false => wanted.is_same(present),
                };
                if is_own(present) {
                    continue;
                }
                if !is_leftover {
                    let (interface, address) = (config.interface.clone(), present.local);
                    return Err(AddError::AddressInUse { interface, address });
                }
                found.push(present.clone());
            }
        }
        Ok(found)
    }

    /// Removes virtual routes that a crash left behind. Nothing depends on it so much that the router
    /// could not run.
    fn remove_old_routes(&mut self, keys: &[Key]) {
        let configs = keys.iter().filter_map(|key| Some(&self.instances.get(key)?.config));
        let wanted: Vec<_> = configs.flat_map(|config| self.routes_of(config)).collect();
        if wanted.is_empty() {
            return;
        }
        match self.table.routes() {
            Ok(mut present) => {
                present.retain(|present| {
                    wanted.iter().any(|(wanted, _)| {
                        wanted.is_same(present) && wanted.protocol == present.protocol
                    })
                });
                self.uninstall_routes(&present);
            }
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "cannot look for old routes");
            }
        }
    }

    /// Removes virtual addresses that a crash left behind, and tells which routers cannot run.
    pub(super) fn clean_up(&mut self, keys: &[Key]) -> Vec<(Key, AddError)> {
        let mut failed = Vec::new();
        let (mut unwanted, mut owners) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(instance) = self.instances.get(key) else { continue };
            let config = instance.config.clone();
            let leftovers = self.assign(*key, &config).and_then(|()| self.leftovers(*key, &config));
            match leftovers {
                Ok(mut addresses) => {
                    if !config.router.priority().is_owner() {
                        // Asked for even when nothing is there: the answer tells at once whether
                        // we may.
                        let all = self.addresses_of(*key, &config);
                        addresses.extend(all.into_iter().map(|(address, _)| address));
                    }
                    owners.extend(addresses.iter().map(|_| *key));
                    unwanted.extend(addresses);
                }
                Err(error) => failed.push((*key, error)),
            }
        }
        let has_failed = |key: &Key| failed.iter().any(|(other, _)| other == key);
        let remaining: Vec<Key> = keys.iter().copied().filter(|key| !has_failed(key)).collect();
        self.remove_old_routes(&remaining);
        self.remove_old_rules(&remaining);
        let outcomes = match self.table.remove(&unwanted) {
            Ok(outcomes) => outcomes.into_iter().map(|o| o.map_err(AddError::from)).collect(),
            Err(error) => unwanted.iter().map(|_| Err(error.clone().into())).collect::<Vec<_>>(),
        };
        for ((outcome, key), address) in outcomes.into_iter().zip(owners).zip(unwanted) {
            match outcome {
                Ok(()) => {
                    if let Some(place) = self.interfaces.place_of(address.interface) {
                        self.interfaces.get_mut(place).drop_address(&address);
                    }
                }
                Err(error) if failed.iter().all(|(other, _)| *other != key) => {
                    failed.push((key, error));
                }
                Err(_) => {}
            }
        }
        failed
    }
}
