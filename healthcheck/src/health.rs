//! All pools, their servers and checks, with the earliest deadline at hand.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::action::{Action, Actions, Event};
use crate::checker::{CheckConfig, Checker, Duty, Known, Phase, Run};
use crate::outcome::Outcome;
use crate::pool::{Member, Pool, PoolConfig, PoolId};
use crate::server::{Server, ServerConfig, ServerId};
use crate::time::Timestamp;

/// One check of a [`Health`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(u32);

impl CheckId {
    /// Its place among all checks of its [`Health`], from 0, in the order in which they were added.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What happens to a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "what a driver may say")]
pub enum Input {
    /// A run has ended, and found this. One that was to be [ended](Action::End) changes nothing.
    Finished {
        /// Its number.
        run: Run,
        /// What it found.
        outcome: Outcome,
    },
    /// A check that is [told](CheckConfig::told) is told this.
    Told(Outcome),
    /// It is not run for now; what it has found stays.
    Suspend,
    /// It is run again, at once.
    Resume,
}

/// Pools of servers, and what the checks of these say of them.
///
/// It is driven: [`due`](Self::due) begins what is due until [`deadline`](Self::deadline), and
/// [`handle`](Self::handle) takes results. Identifiers are those of this value; another one has others.
#[derive(Clone, Debug, Default)]
pub struct Health {
    pools: Vec<Pool>,
    servers: Vec<Server>,
    checks: Vec<Check>,
    deadlines: BTreeSet<(Timestamp, CheckId)>,
    /// Time does not go back.
    now: Timestamp,
}

#[derive(Clone, Debug)]
struct Check {
    server: ServerId,
    checker: Checker,
}

#[expect(clippy::cast_possible_truncation, reason = "a table has fewer than 2³² entries")]
fn number(length: usize) -> u32 {
    length as u32
}

impl Health {
    /// No pools.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pool.
    pub fn add_pool(&mut self, config: PoolConfig) -> PoolId {
        self.pools.push(Pool::new(config));
        PoolId(number(self.pools.len() - 1))
    }

    /// Adds a server, which is up as long as it has no check that says otherwise.
    ///
    /// # Panics
    /// When the pool is of another value.
    pub fn add_server(&mut self, pool: PoolId, config: ServerConfig) -> ServerId {
        let server = ServerId(number(self.servers.len()));
        self.servers.push(Server::new(pool, config));
        let it = &mut self.pools[pool.0 as usize];
        it.add(server, &self.servers[server.0 as usize]);
        it.judge(true);
        server
    }

    /// Adds a check of a server. Its first run is due after this part of its warm-up.
    ///
    /// # Panics
    /// When the server is of another value.
    pub fn add_check(
        &mut self,
        now: Timestamp,
        server: ServerId,
        config: CheckConfig,
        phase: Phase,
    ) -> CheckId {
        let now = self.clamp(now);
        let check = CheckId(number(self.checks.len()));
        let checker = Checker::new(config, now, phase);
        self.deadlines.extend(checker.deadline().map(|deadline| (deadline, check)));
        self.checks.push(Check { server, checker });
        self.servers[server.0 as usize].checks.push(check);
        self.set_up(server);
        check
    }

    /// What a check knows, for one that takes its place.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn known(&self, check: CheckId) -> Known {
        self.check(check).known()
    }

    /// Goes on from what another check has found, as when a configuration is read again. Nothing is told.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn resume(&mut self, check: CheckId, known: Known) {
        self.checks[check.0 as usize].checker.resume(known);
        self.set_up(self.checks[check.0 as usize].server);
    }

    /// Goes on from whether another pool had its quorum: within the hysteresis, that decides. Nothing is told.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn resume_quorum(&mut self, pool: PoolId, had_quorum: bool) {
        self.pools[pool.0 as usize].judge(had_quorum);
    }

    /// A check has failed until it succeeds, whatever its configuration says: its server was down before it was
    /// added. Nothing is told.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn fail(&mut self, check: CheckId) {
        self.checks[check.0 as usize].checker.fail();
        self.set_up(self.checks[check.0 as usize].server);
    }

    /// When [`due`](Self::due) has something to do next; `None` for never.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Does one thing that is due; `None` when nothing is. Call it until then.
    #[must_use = "these are duties"]
    pub fn due(&mut self, now: Timestamp) -> Option<Actions> {
        let now = self.clamp(now);
        let (deadline, check) = *self.deadlines.first()?;
        if deadline > now {
            return None;
        }
        Some(self.change(check, |checker| checker.timer(now)))
    }

    /// Takes what happens to a check.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn handle(&mut self, now: Timestamp, check: CheckId, input: Input) -> Actions {
        let now = self.clamp(now);
        self.change(check, |checker| match input {
            Input::Finished { run, outcome } => {
                // One that was given up changes nothing.
                checker.finished(now, run, outcome);
                None
            }
            Input::Told(outcome) => {
                checker.tell(outcome);
                None
            }
            Input::Suspend => checker.suspend(now, true),
            Input::Resume => checker.suspend(now, false),
        })
    }

    /// The servers of a pool as they are to be used, in the order in which they were added; the sorry server last.
    ///
    /// # Panics
    /// When the pool is of another value.
    pub fn members(&self, pool: PoolId) -> impl Iterator<Item = Member> + '_ {
        self.pools[pool.0 as usize].members(|server| self.server(server))
    }

    /// Whether a pool has its quorum.
    ///
    /// # Panics
    /// When the pool is of another value.
    pub fn has_quorum(&self, pool: PoolId) -> bool {
        self.pools[pool.0 as usize].has_quorum()
    }

    /// Whether a server is up.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn is_up(&self, server: ServerId) -> bool {
        self.server(server).is_up()
    }

    /// The weight of a server, up or not.
    ///
    /// # Panics
    /// When it is of another value.
    pub fn weight(&self, server: ServerId) -> u32 {
        self.server(server).weight()
    }

    fn server(&self, server: ServerId) -> &Server {
        &self.servers[server.0 as usize]
    }

    fn check(&self, check: CheckId) -> &Checker {
        &self.checks[check.0 as usize].checker
    }

    fn clamp(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        self.now
    }

    fn change(
        &mut self,
        check: CheckId,
        change: impl FnOnce(&mut Checker) -> Option<Duty>,
    ) -> Actions {
        let Check { server, checker } = &mut self.checks[check.0 as usize];
        let (server, before) = (*server, (checker.is_up(), checker.weight()));
        let due = checker.deadline();
        let duty = change(checker);
        let after = (checker.is_up(), checker.weight());
        let next = checker.deadline();
        if due != next {
            due.map(|due| self.deadlines.remove(&(due, check)));
            self.deadlines.extend(next.map(|next| (next, check)));
        }
        let mut actions = Actions::default();
        match duty {
            Some(Duty::Run { run, step }) => actions.push(Action::Run { check, run, step }),
            Some(Duty::End(run)) => actions.push(Action::End { check, run }),
            None => {}
        }
        if before.0 != after.0 {
            actions.push(Action::Tell(Event::Check { check, server, is_up: after.0 }));
        }
        if before != after {
            self.follow(server, &mut actions);
        }
        actions
    }

    /// What a server and its pool make of a check that changed.
    fn follow(&mut self, id: ServerId, actions: &mut Actions) {
        let (has_turned, has_other_weight) = self.settle(id);
        let pool = self.server(id).pool;
        let it = &mut self.pools[pool.0 as usize];
        let has_other_quorum = it.judge(it.has_quorum());
        let server = self.server(id);
        if has_turned {
            actions.push(Action::Tell(Event::Server { server: id, pool, is_up: server.is_up() }));
        }
        if has_other_weight {
            let weight = server.weight();
            actions.push(Action::Tell(Event::Weight { server: id, pool, weight }));
        }
        if has_other_quorum {
            let it = &self.pools[pool.0 as usize];
            let (has_quorum, sum) = (it.has_quorum(), it.sum());
            actions.push(Action::Tell(Event::Quorum { pool, has_quorum, sum }));
        }
    }

    /// Before anything is told: servers are presumed to have been what they are.
    fn set_up(&mut self, id: ServerId) {
        self.settle(id);
        let pool = self.server(id).pool;
        self.pools[pool.0 as usize].judge(true);
    }

    /// Whether the server turned, and whether it has another weight.
    fn settle(&mut self, id: ServerId) -> (bool, bool) {
        let checks = &self.checks;
        let server = &mut self.servers[id.0 as usize];
        let before = server.share();
        let said = core::mem::take(&mut server.checks);
        let turned = server.update(said.iter().map(|check| {
            let checker = &checks[check.0 as usize].checker;
            (checker.is_up(), checker.weight())
        }));
        server.checks = said;
        self.pools[server.pool.0 as usize].replace(before, server.share());
        turned
    }
}
