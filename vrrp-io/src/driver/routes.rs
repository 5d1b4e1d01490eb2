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
    pub(super) fn add_routes(&mut self, key: Key) {
        let Some(instance) = self.instances.get(&key) else { return };
        if instance.config.routes.is_empty() {
            return;
        }
        let is_installed =
            |wanted: &Route| instance.installed_routes.iter().any(|other| other.is_same(wanted));
        // What is not to be looked after and was taken away stays away.
        let wanted: Vec<Route> = self
            .routes_of(&instance.config)
            .into_iter()
            .filter(|(route, is_tracked)| *is_tracked || !is_installed(route))
            .map(|(route, _)| route)
            .collect();
        let added = self.install_routes(&wanted);
        if let Some(instance) = self.instances.get_mut(&key) {
            for route in added {
                if !instance.installed_routes.iter().any(|installed| installed.is_same(&route)) {
                    instance.installed_routes.push(route);
                }
            }
        }
        self.watch_routes();
    }

    /// Adds routes and returns those that are there now.
    pub(super) fn install_routes(&mut self, wanted: &[Route]) -> Vec<Route> {
        let outcomes = match self.table.add_routes(wanted) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "routes could not be added");
                self.resync_soon();
                // They may be there all the same.
                return wanted.to_vec();
            }
        };
        let mut added = Vec::new();
        for (outcome, route) in outcomes.into_iter().zip(wanted) {
            match outcome {
                Ok(()) => added.push(route.clone()),
                Err(error) => {
                    let error = crate::error::chain(&error);
                    tracing::warn!(error, "a route could not be added");
                }
            }
        }
        added
    }

    /// Removes installed routes that `is_meant`.
    pub(super) fn remove_routes(&mut self, key: Key, is_meant: impl Fn(&Route) -> bool) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        let removed: Vec<Route> =
            instance.installed_routes.extract_if(.., |route| is_meant(route)).collect();
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

    /// Puts back routes of an Active router that somebody took away, or that went with an address.
    pub(super) fn put_back_routes(&mut self, key: Key, present: &[Route]) {
        if self.routers.get(&key).is_none_or(|router| router.state() != State::Active) {
            return;
        }
        let Some(instance) = self.instances.get(&key) else { return };
        let is_missing = |(route, is_tracked): &(Route, bool)| {
            let was_there = instance.installed_routes.iter().any(|other| other.is_same(route));
            let is_there = present.iter().any(|other| other.is_same(route));
            !is_there && (*is_tracked || !was_there)
        };
        if !self.routes_of(&instance.config).iter().any(is_missing) {
            return;
        }
        tracing::warn!(vrid = key.vrid.get(), "virtual routes are missing; putting them back");
        self.add_routes(key);
    }
}
