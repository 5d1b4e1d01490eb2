//! What an Active router has is its own: what somebody else takes away is put back.

use netlink_addr::{Address, AddressFlags};
use vrrp_fsm::{Input, State};

use super::address_set::AddressSet;
use super::{Driver, Key};

impl Driver {
    /// The table is asked, because the news may be of our own doing and old.
    pub(super) fn put_back(&mut self, key: Key) {
        // What it is about to do puts on what is missing.
        let is_active = self.routers.get(&key).is_some_and(|r| r.state() == State::Active);
        if !is_active || self.duties.concern(key) {
            return;
        }
        let Some(instance) = self.instances.get(&key) else { return };
        let kept: Vec<Address> = self
            .addresses_of(key, &instance.config)
            .into_iter()
            .filter(|(wanted, is_tracked)| *is_tracked && instance.installed.contains(wanted))
            .map(|(wanted, _)| wanted)
            .collect();
        let is_known = |address: &Address| {
            let place = self.interfaces.place_of(address.interface);
            place.is_some_and(|place| self.interfaces[place].has(address))
        };
        if kept.iter().all(is_known) {
            return;
        }
        if !self.are_present(&kept) {
            let vrid = key.vrid.get();
            tracing::warn!(vrid, "virtual addresses were removed; putting them back");
            self.input(key, Input::AddressesLost);
        }
    }

    /// Whether all addresses of the list are on their interface, usable or not.
    pub(super) fn are_present(&mut self, addresses: &[Address]) -> bool {
        let Ok(present) = self.table.addresses() else {
            self.resync_soon();
            return true;
        };
        let is_good = |address: &Address| !address.flags.contains(AddressFlags::DADFAILED);
        let present: AddressSet = present.into_iter().filter(is_good).collect();
        addresses.iter().all(|address| present.contains(address))
    }

    /// What a router shall have now: nothing unless it is Active.
    pub(super) fn wanted_addresses(&self, key: Key) -> AddressSet {
        let is_active =
            self.routers.get(&key).is_some_and(|router| router.state() == State::Active);
        match self.instances.get(&key) {
            Some(instance) if is_active => self
                .addresses_of(key, &instance.config)
                .into_iter()
                .map(|(address, _)| address)
                .collect(),
            _ => AddressSet::default(),
        }
    }

    /// Tries to remove what nobody keeps any more; what is left is tried again.
    pub(super) fn remove_orphans(&mut self) {
        self.remove_orphan_rules();
        if !self.orphan_routes.is_empty() {
            let routes = std::mem::take(&mut self.orphan_routes);
            let wanted = self.instances.values().flat_map(|instance| &instance.installed_routes);
            let wanted: Vec<_> = wanted.cloned().collect();
            let is_orphan =
                |route: &&netlink_addr::Route| !wanted.iter().any(|wanted| wanted.is_same(route));
            let routes: Vec<_> = routes.iter().filter(is_orphan).cloned().collect();
            self.uninstall_routes(&routes);
        }
        // Somebody may have put one on again meanwhile.
        let mut orphans = std::mem::take(&mut self.orphans);
        for installed in self.instances.values().flat_map(|instance| instance.installed.iter()) {
            orphans.remove(installed);
        }
        if orphans.is_empty() {
            return;
        }
        let orphans: Vec<Address> = orphans.into_iter().collect();
        match self.table.remove(&orphans) {
            Ok(outcomes) => {
                let left =
                    outcomes.into_iter().zip(orphans).filter(|(outcome, _)| outcome.is_err());
                self.orphans.extend(left.map(|(_, address)| address));
            }
            Err(_) => self.orphans.extend(orphans),
        }
        if !self.orphans.is_empty() {
            tracing::warn!(count = self.orphans.len(), "addresses are left behind");
            self.resync_soon();
        }
    }

    /// Looks after routes: those of the routers that `is_meant`, and the kept ones.
    pub(super) fn look_after_routes(&mut self, is_meant: impl Fn(&Self, Key) -> bool) {
        let keys: Vec<Key> = self
            .instances
            .iter()
            .filter(|(key, instance)| !instance.config.routes.is_empty() && is_meant(self, **key))
            .map(|(key, _)| *key)
            .collect();
        if keys.is_empty() {
            return;
        }
        let present = match self.table.routes() {
            Ok(present) => present,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot read the routes");
                return self.resync_soon();
            }
        };
        let lacking: Vec<Key> =
            keys.into_iter().filter(|key| self.lacks_routes(*key, &present)).collect();
        for key in &lacking {
            let vrid = key.vrid.get();
            tracing::warn!(vrid, "virtual routes are missing; putting them back");
        }
        self.add_routes(&lacking);
    }

    pub(super) fn take_route_changes(&mut self) {
        let Some(monitor) = &mut self.route_monitor else { return };
        let gone = match monitor.changes() {
            Ok(changes) => changes,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot watch routes; reading them anew");
                vec![netlink_addr::Change::Lost]
            }
        };
        let concerns = |destination: std::net::IpAddr, length: u8| {
            gone.iter().any(|change| match change {
                netlink_addr::Change::RouteGone(route) => {
                    (route.destination, route.prefix_length) == (destination, length)
                }
                netlink_addr::Change::Lost => true,
                _ => false,
            })
        };
        self.look_after_routes(|driver, key| {
            driver.instances.get(&key).is_some_and(|instance| {
                let routes = instance.config.routes.iter().map(|route| &route.route);
                routes.into_iter().any(|r| concerns(r.destination, r.prefix_length))
            })
        });
        let is_rule_gone = gone.iter().any(|change| {
            matches!(change, netlink_addr::Change::RuleGone(_) | netlink_addr::Change::Lost)
        });
        if is_rule_gone {
            self.look_after_rules();
        }
        let is_kept_gone =
            self.kept.routes().any(|route| concerns(route.destination, route.prefix_length));
        if is_kept_gone || (is_rule_gone && self.kept.has_rules()) {
            self.put_back_kept();
            self.tell_watchers();
        }
    }
}
