//! Addresses that a crash left behind, and those that are not ours to take.

use netlink_addr::Address;

use super::origin::ORIGIN;
use super::{Driver, Key};
use crate::config::RouterConfig;
use crate::error::AddError;

impl Driver {
    /// Checks that the addresses are free, and returns those that a crash left on the interface.
    ///
    /// Where the kernel keeps `IFA_PROTO`, only addresses of VRRP are taken for leftovers; elsewhere
    /// one with the configured prefix length is. The owner may have addresses that others put there.
    pub(super) fn leftovers(
        &mut self,
        key: Key,
        config: &RouterConfig,
    ) -> Result<Vec<Address>, AddError> {
        let refuse =
            |address| Err(AddError::AddressInUse { interface: config.interface.clone(), address });
        let neighbours = self
            .instances
            .iter()
            .filter(|(other, _)| other.interface == key.interface && **other != key);
        for other in neighbours.flat_map(|(_, instance)| instance.config.all_addresses()) {
            if config.all_addresses().any(|own| own.address() == other.address()) {
                return refuse(other.address());
            }
        }
        if config.router.priority().is_owner() {
            // What is left of an earlier Active router is adopted: it is added again at once.
            return Ok(Vec::new());
        }
        let configured = self.addresses_of(key.interface, config);
        let own = self.instances.get(&key).map(|instance| instance.installed.as_slice());
        let own = own.unwrap_or_default();
        let mut found = self.table.addresses()?;
        found.retain(|present| {
            let is_one = |address: &Address| {
                (address.local, address.interface) == (present.local, present.interface)
            };
            configured.iter().any(|(address, _)| is_one(address))
                && !own.iter().any(|installed| installed.is_same(present))
        });
        let is_leftover = |present: &Address| match self.keeps_origin {
            _ if config.takes_over_addresses => true,
            true => present.protocol == ORIGIN,
            false => configured.iter().any(|(address, _)| address.is_same(present)),
        };
        match found.iter().find(|present| !is_leftover(present)) {
            Some(foreign) => refuse(foreign.local),
            None => Ok(found),
        }
    }

    /// Removes virtual addresses that a crash left behind.
    pub(super) fn clean_up(&mut self, key: Key, config: &RouterConfig) -> Result<(), AddError> {
        let mut unwanted = self.leftovers(key, config)?;
        if !config.router.priority().is_owner() {
            // Asked for even when nothing is there: the answer tells at once whether we may.
            let configured = self.addresses_of(key.interface, config);
            unwanted.extend(configured.into_iter().map(|(address, _)| address));
        }
        for outcome in self.table.remove(&unwanted)? {
            outcome?;
        }
        self.read_addresses(key.interface);
        Ok(())
    }
}
