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
        let configured = self.addresses_of(key.interface, config);
        for (other, instance) in self.instances.iter().filter(|(other, _)| **other != key) {
            let theirs = self.addresses_of(other.interface, &instance.config);
            let taken = theirs.iter().find(|(address, _)| {
                let place = |address: &Address| (address.interface, address.local);
                configured.iter().any(|(own, _)| place(own) == place(address))
            });
            if let Some((taken, _)) = taken {
                return refuse(taken.local);
            }
        }
        if config.router.priority().is_owner() {
            // What is left of an earlier Active router is adopted: it is added again at once.
            return Ok(Vec::new());
        }
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

    /// Removes virtual routes that a crash left behind. Nothing depends on it so much that the router
    /// could not run.
    pub(super) fn remove_old_routes(&mut self, config: &RouterConfig) {
        let wanted = self.routes_of(config);
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

    /// Removes virtual addresses that a crash left behind.
    pub(super) fn clean_up(&mut self, key: Key, config: &RouterConfig) -> Result<(), AddError> {
        let mut unwanted = self.leftovers(key, config)?;
        let has_leftovers = !unwanted.is_empty();
        if !config.router.priority().is_owner() {
            // Asked for even when nothing is there: the answer tells at once whether we may.
            let configured = self.addresses_of(key.interface, config);
            unwanted.extend(configured.into_iter().map(|(address, _)| address));
        }
        for outcome in self.table.remove(&unwanted)? {
            outcome?;
        }
        self.remove_old_routes(config);
        if has_leftovers {
            self.read_addresses(key.interface);
        }
        Ok(())
    }
}
