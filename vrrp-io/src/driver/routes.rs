//! Routes that an Active router has.

use netlink_addr::{Monitor, Route};
use nix::sys::epoll::{EpollEvent, EpollFlags};
use vrrp_fsm::State;

use super::origin::ORIGIN;
use super::{Driver, Key, token};
use crate::config::{RouterConfig, VirtualRoute};

impl Driver {
    /// The routes as they are put into the tables. One whose interface is missing is left out until
    /// that comes.
    pub(super) fn routes_of(&self, config: &RouterConfig) -> Vec<(Route, bool)> {
        config.routes.iter().filter_map(|route| self.resolve_route(route)).collect()
    }

    pub(super) fn resolve_route(&self, wanted: &VirtualRoute) -> Option<(Route, bool)> {
        let mut route = wanted.route.clone();
        route.interface = match &wanted.device {
            Some(name) => Some(self.interfaces.index_of(name)?),
            None => None,
        };
        for (hop, name) in route.next_hops.iter_mut().zip(&wanted.hop_devices) {
            if let Some(name) = name {
                hop.interface = Some(self.interfaces.index_of(name)?);
            }
        }
        if route.protocol == 0 {
            // Tells it from a route that somebody else put there.
            route.protocol = ORIGIN;
        }
        Some((route, wanted.is_tracked))
    }

    /// A route that cannot be had is logged, and tried again when something changes that it may
    /// depend on. It does not make the router unfit.
    pub(super) fn add_routes(&mut self, keys: &[Key]) {
        let (mut wanted, mut owners) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(instance) = self.instances.get(key) else { continue };
            let is_installed = |wanted: &Route| {
                instance.installed_routes.iter().any(|other| other.is_same(wanted))
            };
            // What is not to be looked after and was taken away stays away.
            for (route, is_tracked) in self.routes_of(&instance.config) {
                if is_tracked || !is_installed(&route) {
                    wanted.push(route);
                    owners.push(*key);
                }
            }
        }
        if wanted.is_empty() {
            return;
        }
        let are_there = self.install_routes(&wanted);
        for ((route, key), is_there) in wanted.into_iter().zip(owners).zip(are_there) {
            let Some(instance) = self.instances.get_mut(&key).filter(|_| is_there) else {
                continue;
            };
            if !instance.installed_routes.iter().any(|installed| installed.is_same(&route)) {
                instance.installed_routes.push(route);
            }
        }
        self.watch_routes();
    }

    /// Adds routes, and says of each whether it is there now.
    pub(super) fn install_routes(&mut self, wanted: &[Route]) -> Vec<bool> {
        let outcomes = match self.table.add_routes(wanted) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "routes could not be added");
                self.resync_soon();
                // They may be there all the same.
                return vec![true; wanted.len()];
            }
        };
        let is_there = |outcome: Result<(), netlink_addr::RouteError>| {
            if let Err(error) = &outcome {
                let error = crate::error::chain(error);
                tracing::warn!(error, "a route could not be added");
            }
            outcome.is_ok()
        };
        outcomes.into_iter().map(is_there).collect()
    }

    /// Removes installed routes that `is_meant`.
    pub(super) fn remove_routes(&mut self, keys: &[Key], is_meant: impl Fn(&Route) -> bool) {
        let mut removed: Vec<Route> = Vec::new();
        for key in keys {
            let Some(instance) = self.instances.get_mut(key) else { continue };
            removed.extend(instance.installed_routes.extract_if(.., |route| is_meant(route)));
        }
        self.uninstall_routes(&removed);
    }

    pub(super) fn uninstall_routes(&mut self, routes: &[Route]) {
        if routes.is_empty() {
            return;
        }
        let failed: Vec<(Route, String)> = match self.table.remove_routes(routes) {
            Ok(outcomes) => outcomes
                .into_iter()
                .zip(routes)
                .filter_map(|(outcome, route)| {
                    Some((route.clone(), crate::error::chain(&outcome.err()?)))
                })
                .collect(),
            Err(error) => {
                let error = crate::error::chain(&error);
                routes.iter().map(|route| (route.clone(), error.clone())).collect()
            }
        };
        for (route, error) in failed {
            tracing::warn!(error, "a route could not be removed; it is tried again");
            self.orphan_routes.push(route);
            self.resync_soon();
        }
    }

    /// From now on it is noticed when somebody takes a route away.
    pub(super) fn watch_routes(&mut self) {
        if self.route_monitor.is_some() {
            return;
        }
        let watched = Monitor::open_routes().map_err(|error| crate::error::chain(&error)).and_then(
            |monitor| {
                let event = EpollEvent::new(EpollFlags::EPOLLIN, token::ROUTE);
                self.epoll.add(&monitor, event).map_err(|errno| errno.to_string())?;
                Ok(monitor)
            },
        );
        match watched {
            Ok(monitor) => self.route_monitor = Some(monitor),
            Err(error) => tracing::error!(error, "routes are not watched"),
        }
    }

    /// Whether an Active router lacks routes that somebody took away, or that went with an address.
    pub(super) fn lacks_routes(&self, key: Key, present: &[Route]) -> bool {
        // Routes come after the addresses that it is about to put on.
        let is_active = self.routers.get(&key).is_some_and(|r| r.state() == State::Active);
        if !is_active || self.duties.concern(key) {
            return false;
        }
        let Some(instance) = self.instances.get(&key) else { return false };
        let is_missing = |(route, is_tracked): &(Route, bool)| {
            let was_there = instance.installed_routes.iter().any(|other| other.is_same(route));
            let is_there = present.iter().any(|other| other.is_same(route));
            !is_there && (*is_tracked || !was_there)
        };
        self.routes_of(&instance.config).iter().any(is_missing)
    }
}
