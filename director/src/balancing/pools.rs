//! The pools of a plan, with their checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use healthcheck::{CheckId, Checks, Known, PoolId, ServerId, Who};
use ipvs_netlink::{Destination, DestinationKey, Forwarding, ServiceKey, Table};

use super::label;
use super::misc::{Broken, Logged};
use crate::config::{CheckIdentity, CheckMeans, PlannedCheck, PlannedPool, PlannedServer};

/// All pools. Their identifiers are their places.
pub(super) struct Pools {
    pub(super) plans: Vec<Arc<PlannedPool>>,
    pub(super) checks: Checks,
    pools: Vec<Pool>,
    by_pool: BTreeMap<PoolId, usize>,
    by_server: BTreeMap<ServerId, (usize, usize)>,
    by_check: BTreeMap<CheckId, (usize, usize, usize)>,
}

struct Pool {
    id: PoolId,
    servers: Vec<Server>,
}

struct Server {
    id: ServerId,
    checks: Vec<CheckId>,
}

/// What is known of the pools of a configuration, for the one after it.
#[derive(Default)]
pub(super) struct Before {
    pools: BTreeMap<Vec<ServiceKey>, PoolBefore>,
}

struct PoolBefore {
    has_quorum: bool,
    servers: BTreeMap<DestinationKey, ServerBefore>,
}

struct ServerBefore {
    is_up: bool,
    checks: BTreeMap<CheckIdentity, Known>,
}

impl Pools {
    /// Those of a plan; what was known before of what is the same holds, and what is known of sessions of BFD.
    pub(super) fn new(
        plans: Vec<Arc<PlannedPool>>,
        before: &Before,
        sessions: &BTreeMap<String, bool>,
    ) -> Self {
        let mut pools = Self {
            plans: Vec::new(),
            checks: Checks::new(),
            pools: Vec::new(),
            by_pool: BTreeMap::new(),
            by_server: BTreeMap::new(),
            by_check: BTreeMap::new(),
        };
        for plan in plans {
            let known = before.pools.get(&keys(&plan));
            pools.add(plan, known, sessions);
        }
        pools
    }

    fn add(
        &mut self,
        plan: Arc<PlannedPool>,
        before: Option<&PoolBefore>,
        sessions: &BTreeMap<String, bool>,
    ) {
        let id = self.checks.add_pool(plan.config);
        let place = self.pools.len();
        self.by_pool.insert(id, place);
        let mut servers = Vec::new();
        for (number, server) in plan.servers.iter().enumerate() {
            let known = before.and_then(|before| before.servers.get(&server.destination.key));
            let added = self.add_server(id, server, known, sessions);
            self.by_server.insert(added.id, (place, number));
            let checks = added.checks.iter().enumerate();
            self.by_check.extend(checks.map(|(check, id)| (*id, (place, number, check))));
            servers.push(added);
        }
        if let Some(before) = before {
            self.checks.resume_quorum(id, before.has_quorum);
        }
        self.pools.push(Pool { id, servers });
        self.plans.push(plan);
    }

    fn add_server(
        &mut self,
        pool: PoolId,
        plan: &PlannedServer,
        before: Option<&ServerBefore>,
        sessions: &BTreeMap<String, bool>,
    ) -> Server {
        let id = self.checks.add_server(pool, plan.config);
        let checks = plan.checks.iter().map(|check| {
            let added = match &check.means {
                CheckMeans::Run(probe) if check.logs_all_failures => {
                    let (address, port) = (plan.line.address, plan.line.port);
                    let what = format!("{} of {address} {port}", check.keyword);
                    let probe = Logged { probe: probe.clone(), what };
                    self.checks.add_check(id, check.config, probe)
                }
                CheckMeans::Run(probe) => self.checks.add_shared(id, check.config, probe.clone()),
                // It is as its session is, and goes on from nothing else.
                CheckMeans::Session { name, begins_failed } => {
                    let is_failed = sessions.get(name).map_or(*begins_failed, |is_up| !is_up);
                    return self.checks.add_told(id, is_failed);
                }
                CheckMeans::Broken(problem) => {
                    let config = check.config.begins_failed(true);
                    self.checks.add_check(id, config, Broken(problem.clone()))
                }
            };
            match before.map(|before| (before, before.checks.get(&check.identity))) {
                Some((_, Some(known))) => self.checks.resume(added, *known),
                // Whoever was down comes up by a check, and not by another configuration.
                Some((before, None)) if !before.is_up => self.checks.fail(added),
                _ => {}
            }
            added
        });
        let checks = checks.collect();
        Server { id, checks }
    }

    /// What is known, for the next configuration.
    pub(super) fn known(&self) -> Before {
        let health = self.checks.health();
        let server = |(plan, server): (&PlannedServer, &Server)| {
            let checks = plan.checks.iter().zip(&server.checks);
            let checks = checks.map(|(plan, id)| (plan.identity, health.known(*id)));
            let before = ServerBefore { is_up: health.is_up(server.id), checks: checks.collect() };
            (plan.destination.key, before)
        };
        let pool = |(plan, pool): (&Arc<PlannedPool>, &Pool)| {
            let servers = plan.servers.iter().zip(&pool.servers).map(server).collect();
            (keys(plan), PoolBefore { has_quorum: health.has_quorum(pool.id), servers })
        };
        Before { pools: self.plans.iter().zip(&self.pools).map(pool).collect() }
    }

    /// The place of a pool.
    pub(super) fn place(&self, pool: PoolId) -> Option<usize> {
        self.by_pool.get(&pool).copied()
    }

    pub(super) fn server(&self, id: ServerId) -> Option<(&PlannedPool, &PlannedServer)> {
        let (pool, server) = *self.by_server.get(&id)?;
        let pool = self.plans.get(pool)?;
        Some((pool, pool.servers.get(server)?))
    }

    /// The places of a server and its pool.
    pub(super) fn server_place(&self, id: ServerId) -> Option<(usize, usize)> {
        self.by_server.get(&id).copied()
    }

    /// The checks of a server, in the order of its plan.
    pub(super) fn checks_of(&self, (pool, server): (usize, usize)) -> &[CheckId] {
        let pool = self.pools.get(pool).map_or(&[][..], |pool| &pool.servers);
        pool.get(server).map_or(&[][..], |server| &server.checks)
    }

    pub(super) fn check(
        &self,
        id: CheckId,
    ) -> Option<(&PlannedPool, &PlannedServer, &PlannedCheck)> {
        let (pool, server, check) = *self.by_check.get(&id)?;
        let pool = self.plans.get(pool)?;
        let server = pool.servers.get(server)?;
        Some((pool, server, server.checks.get(check)?))
    }

    /// The checks that follow a session of BFD.
    pub(super) fn checks_by(&self, session: &str) -> Vec<CheckId> {
        let mut found = Vec::new();
        for (plan, pool) in self.plans.iter().zip(&self.pools) {
            for (plan, server) in plan.servers.iter().zip(&pool.servers) {
                let checks = plan.checks.iter().zip(&server.checks);
                let is_its = |check: &PlannedCheck| matches!(&check.means, CheckMeans::Session { name, .. } if name == session);
                found.extend(checks.filter(|(check, _)| is_its(check)).map(|(_, id)| *id));
            }
        }
        found
    }

    /// Suspends the checks of a pool, or has them go on.
    pub(super) fn suspend(&mut self, place: usize, is_suspended: bool) {
        let servers = self.pools.get(place).map_or(&[][..], |pool| &pool.servers);
        let checks = servers.iter().flat_map(|server| &server.checks).copied();
        for check in checks.collect::<Vec<_>>() {
            self.checks.suspend(check, is_suspended);
        }
    }

    /// The servers of a pool with what is known of them.
    pub(super) fn servers(
        &self,
        place: usize,
    ) -> impl Iterator<Item = (&PlannedServer, ServerId, &[CheckId])> {
        let plan = self.plans.get(place).map_or(&[][..], |plan| &plan.servers);
        let pool = self.pools.get(place).map_or(&[][..], |pool| &pool.servers);
        plan.iter().zip(pool).map(|(plan, server)| (plan, server.id, &server.checks[..]))
    }

    pub(super) fn has_quorum(&self, place: usize) -> bool {
        self.pools.get(place).is_some_and(|pool| self.checks.health().has_quorum(pool.id))
    }

    /// The destinations of a pool as they are to be.
    pub(super) fn destinations(&self, place: usize) -> Vec<Destination> {
        let (Some(plan), Some(pool)) = (self.plans.get(place), self.pools.get(place)) else {
            return Vec::new();
        };
        let mut all = BTreeMap::new();
        for member in self.checks.health().members(pool.id) {
            let destination = match member.who {
                Who::Sorry => plan.sorry,
                Who::Server(id) => self.server(id).map(|(_, server)| server.destination),
            };
            let Some(mut destination) = destination else { continue };
            destination.weight = i32::try_from(member.weight).unwrap_or(i32::MAX);
            // A sorry server that is one of the servers too counts for more.
            let is_more = |before: &Destination| before.weight < destination.weight;
            if all.get(&destination.key).is_none_or(is_more) {
                all.insert(destination.key, destination);
            }
        }
        all.into_values().collect()
    }

    /// The services of one pool as they are to be.
    pub(super) fn table_of(&self, place: usize) -> Table {
        let mut table = Table::new();
        self.add_to(&mut table, place);
        table
    }

    /// All services as they are to be.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new();
        (0..self.plans.len()).for_each(|place| self.add_to(&mut table, place));
        table
    }

    fn add_to(&self, table: &mut Table, place: usize) {
        let Some(plan) = self.plans.get(place) else { return };
        let destinations = self.destinations(place);
        for service in &plan.services {
            let server = table.insert(service.clone());
            for destination in &destinations {
                server.insert(for_service(*destination, &service.key));
            }
        }
    }

    /// Its service in keepalived's words.
    pub(super) fn label(&self, place: usize) -> String {
        self.plans.get(place).map(|plan| label::service(&plan.line)).unwrap_or_default()
    }

    /// Whether its sorry server is used.
    pub(super) fn is_sorry(&self, place: usize) -> bool {
        let Some(plan) = self.plans.get(place) else { return false };
        plan.sorry.is_some() && !self.has_quorum(place)
    }

    /// What was known before of a server, and whether it is up now.
    pub(super) fn turned<'a>(
        &'a self,
        before: &'a Before,
        place: usize,
    ) -> impl Iterator<Item = (&'a PlannedServer, bool)> {
        let known = self.plans.get(place).and_then(|plan| before.pools.get(&keys(plan)));
        self.servers(place).filter_map(move |(plan, id, _)| {
            let was_up = known?.servers.get(&plan.destination.key)?.is_up;
            let is_up = self.checks.health().is_up(id);
            (was_up != is_up).then_some((plan, is_up))
        })
    }

    /// Whether a pool had its quorum before; `None` for one that was not there.
    pub(super) fn had_quorum(&self, before: &Before, place: usize) -> Option<bool> {
        let plan = self.plans.get(place)?;
        before.pools.get(&keys(plan)).map(|pool| pool.has_quorum)
    }
}

/// Packets that are not rewritten keep the port that they came to; a mark has none.
fn for_service(mut destination: Destination, service: &ServiceKey) -> Destination {
    if destination.forwarding != Forwarding::Masquerade {
        destination.key.port = match service {
            ServiceKey::Address { port, .. } => *port,
            ServiceKey::FirewallMark { .. } => 0,
        };
    }
    destination
}

/// What makes a pool the same one in another configuration.
fn keys(plan: &PlannedPool) -> Vec<ServiceKey> {
    plan.services.iter().map(|service| service.key).collect()
}
