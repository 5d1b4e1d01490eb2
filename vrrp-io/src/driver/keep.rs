//! Addresses, routes and rules that are kept whatever the routers do.

use std::collections::BTreeMap;

use netlink_addr::{Address, Route, Rule};

use vrrp_fsm::Standing;

use super::Driver;
use super::address_set::AddressSet;
use super::origin::ORIGIN;
use super::rules::marked;
use crate::config::{VirtualAddress, VirtualRoute, VirtualRule};

/// What is to be kept.
#[derive(Debug, Default)]
pub(crate) struct KeptItems {
    pub(crate) addresses: Vec<VirtualAddress>,
    pub(crate) routes: Vec<VirtualRoute>,
    pub(crate) rules: Vec<VirtualRule>,
}

#[derive(Default)]
pub(super) struct Kept {
    items: KeptItems,
    installed: AddressSet,
    installed_routes: Vec<Route>,
    installed_rules: Vec<Rule>,
}

/// What is to be there, and whether it is put back.
type Wanted = (Vec<(Address, bool)>, Vec<(Route, bool)>);

impl Kept {
    pub(super) fn routes(&self) -> impl Iterator<Item = &Route> {
        self.items.routes.iter().map(|route| &route.route)
    }

    pub(super) fn has(&self, address: &Address) -> bool {
        self.installed.contains(address)
    }

    pub(super) fn has_rules(&self) -> bool {
        !self.items.rules.is_empty()
    }
}

impl Driver {
    pub(super) fn keep(&mut self, items: KeptItems) {
        let names = items.addresses.iter().filter_map(VirtualAddress::device_name);
        let names = names.chain(items.routes.iter().flat_map(VirtualRoute::devices));
        let names: Vec<String> = names.map(str::to_owned).collect();
        for name in names {
            self.register(&name);
        }
        self.kept.items = items;
        let (wanted, wanted_routes) = self.wanted_kept();
        let old_routes = self.kept.installed_routes.extract_if(.., |installed| {
            !wanted_routes.iter().any(|(wanted, _)| wanted == installed)
        });
        let old_routes: Vec<Route> = old_routes.collect();
        let rules: Vec<Rule> = self.kept.items.rules.iter().map(marked).collect();
        let old_rules =
            self.kept.installed_rules.extract_if(.., |installed| !rules.contains(installed));
        let old_rules: Vec<Rule> = old_rules.collect();
        self.uninstall_rules(&old_rules);
        self.uninstall_routes(&old_routes);
        let old = self
            .kept
            .installed
            .take(|installed| !wanted.iter().any(|(wanted, _)| wanted == installed));
        self.orphans.extend(old);
        self.remove_orphans();
        if !self.kept.items.routes.is_empty() || self.kept.has_rules() {
            self.watch_routes();
        }
        self.put_back_kept();
        self.tell_watchers();
    }

    /// Says of the items that watch something kept whether that is there.
    pub(super) fn tell_watchers(&mut self) {
        let mut watchers: BTreeMap<&str, bool> = BTreeMap::new();
        let is_up = |name: Option<&str>| {
            let place = name.and_then(|name| self.interfaces.place(name));
            place.is_some_and(|place| self.interfaces[place].is_operational())
        };
        let items = &self.kept.items;
        for wanted in &items.addresses {
            let Some(watcher) = wanted.watcher() else { continue };
            let index = wanted.device_name().and_then(|name| self.interfaces.index_of(name));
            let address = index.and_then(|i| super::address::interface_address(i, wanted));
            let is_there = is_up(wanted.device_name())
                && address.is_some_and(|address| self.kept.installed.contains(&address));
            *watchers.entry(watcher).or_insert(true) &= is_there;
        }
        for wanted in &items.routes {
            let Some(watcher) = wanted.watcher.as_deref() else { continue };
            let route = self.resolve_route(wanted);
            let is_there = (wanted.device.is_none() || is_up(wanted.device.as_deref()))
                && route.is_some_and(|(route, _)| {
                    self.kept.installed_routes.iter().any(|other| other.is_same(&route))
                });
            *watchers.entry(watcher).or_insert(true) &= is_there;
        }
        for wanted in &items.rules {
            let Some(watcher) = wanted.watcher.as_deref() else { continue };
            let rule = marked(wanted);
            let is_there = self.kept.installed_rules.iter().any(|other| other.is_same(&rule));
            *watchers.entry(watcher).or_insert(true) &= is_there;
        }
        let news: Vec<(String, Standing)> = watchers
            .into_iter()
            .map(|(name, is_there)| (name.to_owned(), Standing::from(is_there)))
            .filter(|(name, standing)| self.items.get(name) != Some(standing))
            .collect();
        for (name, standing) in news {
            self.report(name, standing);
        }
    }

    fn wanted_kept(&self) -> Wanted {
        let address = |virtual_address: &VirtualAddress| {
            let index = self.interfaces.index_of(virtual_address.device_name()?)?;
            let address = super::address::interface_address(index, virtual_address)?;
            Some((address, virtual_address.is_tracked()))
        };
        let addresses = self.kept.items.addresses.iter().filter_map(address).collect();
        let routes = self.kept.items.routes.iter().filter_map(|route| self.resolve_route(route));
        (addresses, routes.collect())
    }

    /// Adds what is missing; what is not tracked only when it is new.
    pub(super) fn put_back_kept(&mut self) {
        self.put_back_kept_rules();
        if self.kept.items.addresses.is_empty() && self.kept.items.routes.is_empty() {
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
            let are_there = self.install_routes(&missing);
            let added = missing.into_iter().zip(are_there).filter(|(_, is_there)| *is_there);
            let installed = &mut self.kept.installed_routes;
            for (added, _) in added {
                installed.retain(|route| !added.is_same(route));
                installed.push(added);
            }
        }
    }

    fn put_back_kept_rules(&mut self) {
        if self.kept.items.rules.is_empty() {
            return;
        }
        let Ok(present) = self.table.rules() else { return self.resync_soon() };
        let is_missing = |wanted: &&VirtualRule| {
            let rule = marked(wanted);
            let was_there = self.kept.installed_rules.iter().any(|other| other.is_same(&rule));
            let there = present.iter().find(|other| other.is_same(&rule));
            let is_ours = there.is_some_and(|there| there.protocol == rule.protocol);
            (there.is_none() && (wanted.is_tracked || !was_there)) || (is_ours && !was_there)
        };
        let missing: Vec<Rule> =
            self.kept.items.rules.iter().filter(is_missing).map(marked).collect();
        let are_there = self.install_rules(&missing);
        let added = missing.into_iter().zip(are_there).filter(|(_, is_there)| *is_there);
        let installed = &mut self.kept.installed_rules;
        for (added, _) in added {
            installed.retain(|rule| !added.is_same(rule));
            installed.push(added);
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
        self.uninstall_rules(&kept.installed_rules);
        self.uninstall_routes(&kept.installed_routes);
        self.orphans.extend(kept.installed);
    }
}
