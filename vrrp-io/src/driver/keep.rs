//! Addresses and routes that are kept whatever the routers do.

use netlink_addr::{Address, Route};

use super::Driver;
use super::address_set::AddressSet;
use super::origin::ORIGIN;
use crate::config::{VirtualAddress, VirtualRoute};

#[derive(Default)]
pub(super) struct Kept {
    addresses: Vec<VirtualAddress>,
    routes: Vec<VirtualRoute>,
    installed: AddressSet,
    installed_routes: Vec<Route>,
}

/// What is to be there, and whether it is put back.
type Wanted = (Vec<(Address, bool)>, Vec<(Route, bool)>);

impl Kept {
    pub(super) fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().map(|route| &route.route)
    }

    pub(super) fn has(&self, address: &Address) -> bool {
        self.installed.contains(address)
    }

    pub(super) fn has_routes(&self) -> bool {
        !self.routes.is_empty()
    }
}

impl Driver {
    pub(super) fn keep(&mut self, addresses: Vec<VirtualAddress>, routes: Vec<VirtualRoute>) {
        let names = addresses.iter().filter_map(VirtualAddress::device_name);
        let names = names.chain(routes.iter().filter_map(|route| route.device.as_deref()));
        let names: Vec<String> = names.map(str::to_owned).collect();
        for name in names {
            self.register(&name);
        }
        self.kept.addresses = addresses;
        self.kept.routes = routes;
        let (wanted, wanted_routes) = self.wanted_kept();
        let old_routes = self.kept.installed_routes.extract_if(.., |installed| {
            !wanted_routes.iter().any(|(wanted, _)| wanted.is_same(installed))
        });
        let old_routes: Vec<Route> = old_routes.collect();
        self.uninstall_routes(&old_routes);
        let old = self
            .kept
            .installed
            .take(|installed| !wanted.iter().any(|(wanted, _)| wanted.is_same(installed)));
        self.orphans.extend(old);
        self.remove_orphans();
        if self.kept.has_routes() {
            self.watch_routes();
        }
        self.put_back_kept();
    }

    fn wanted_kept(&self) -> Wanted {
        let address = |virtual_address: &VirtualAddress| {
            let index = self.interfaces.index_of(virtual_address.device_name()?)?;
            let address = super::address::interface_address(index, virtual_address)?;
            Some((address, virtual_address.is_tracked()))
        };
        let addresses = self.kept.addresses.iter().filter_map(address).collect();
        let routes = self.kept.routes.iter().filter_map(|route| self.resolve_route(route));
        (addresses, routes.collect())
    }

    /// Adds what is missing; what is not tracked only when it is new.
    pub(super) fn put_back_kept(&mut self) {
        if self.kept.addresses.is_empty() && self.kept.routes.is_empty() {
            return;
        }
        let (wanted, wanted_routes) = self.wanted_kept();
        let present = match self.table.addresses() {
            Ok(present) => present,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot read the addresses");
                return self.resync_soon();
            }
        };
        let missing: Vec<Address> = wanted
            .into_iter()
            .filter(|(address, is_tracked)| {
                let was_there = self.kept.installed.contains(address);
                let is_there = present.iter().any(|other| other.is_same(address));
                // What somebody else has put there is not ours to remove later.
                let is_ours = present.iter().any(|o| o.is_same(address) && o.protocol == ORIGIN);
                (!is_there && (*is_tracked || !was_there)) || (is_ours && !was_there)
            })
            .map(|(address, _)| address)
            .collect();
        if !missing.is_empty() {
            self.add_kept(&missing);
        }
        let present = if wanted_routes.is_empty() { Ok(Vec::new()) } else { self.table.routes() };
        let Ok(present) = present else { return self.resync_soon() };
        let missing: Vec<Route> = wanted_routes
            .into_iter()
            .filter(|(route, is_tracked)| {
                let was_there = self.kept.installed_routes.iter().any(|o| o.is_same(route));
                let is_there = present.iter().any(|other| other.is_same(route));
                let is_ours =
                    present.iter().any(|o| o.is_same(route) && o.protocol == route.protocol);
                (!is_there && (*is_tracked || !was_there)) || (is_ours && !was_there)
            })
            .map(|(route, _)| route)
            .collect();
        if !missing.is_empty() {
            let added = self.install_routes(&missing);
            let installed = &mut self.kept.installed_routes;
            installed.retain(|route| !added.iter().any(|added| added.is_same(route)));
            installed.extend(added);
        }
    }

    fn add_kept(&mut self, missing: &[Address]) {
        match self.table.add(missing) {
            Ok(outcomes) => {
                for (outcome, address) in outcomes.into_iter().zip(missing) {
                    if let Err(error) = outcome {
                        let error = crate::error::chain(&error);
                        tracing::warn!(error, "a static address could not be added");
                    } else {
                        self.kept.installed.insert(address.clone());
                    }
                }
            }
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "static addresses could not be added");
                self.resync_soon();
            }
        }
    }

    /// Takes everything away again.
    pub(super) fn drop_kept(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        self.uninstall_routes(&kept.installed_routes);
        self.orphans.extend(kept.installed);
    }
}
