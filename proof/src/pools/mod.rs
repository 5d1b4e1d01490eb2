//! Pools of servers whose checks succeed, fail, hang and cannot be run, in virtual time. One seed is one run.

mod claim;
mod judge;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::num::NonZeroU32;
use std::time::Duration;

use fastrand::Rng;
use healthcheck::{
    Action, CheckId, Health, Input, Outcome, Phase, PoolId, Run, ServerId, Sorry, Timestamp, Weight,
};

pub use claim::{CheckPlan, Claim, Configured, PoolPlan, ServerPlan, Slip};
use judge::CheckSeen;

/// For so long.
const LENGTH: Duration = Duration::from_secs(120);

/// The pools of a seed.
pub fn plans(seed: u64) -> Vec<PoolPlan> {
    let mut random = Rng::with_seed(seed);
    (0..random.usize(1..=4)).map(|_| pool(&mut random)).collect()
}

/// What did not hold, and when; `None` when everything did. With a slip the pools are configured by it.
pub fn run(seed: u64, slip: Option<Slip>) -> Option<(Claim, Timestamp, String)> {
    let plans = plans(seed);
    let configured: Vec<Configured> = plans.iter().map(|plan| plan.configured(slip)).collect();
    run_configured(seed, &plans, &configured)
}

/// As [`run`], with pools that are run with what somebody else makes of their [plans].
pub fn run_configured(
    seed: u64,
    plans: &[PoolPlan],
    configured: &[Configured],
) -> Option<(Claim, Timestamp, String)> {
    let mut world = World::new(plans, configured, Rng::with_seed(seed ^ 0x9001));
    while world.wrong.is_none() && world.now < Timestamp::EPOCH + LENGTH && world.step() {}
    world.wrong
}

fn pool(random: &mut Rng) -> PoolPlan {
    let servers = (0..random.usize(1..=6)).map(|_| ServerPlan {
        weight: random.u32(0..4),
        stays: random.u8(..3) == 0,
        checks: (0..random.usize(0..=2)).map(|_| check(random)).collect(),
    });
    let servers = servers.collect();
    PoolPlan {
        quorum: NonZeroU32::new(random.u32(1..8)).unwrap_or(NonZeroU32::MIN),
        hysteresis: random.u32(0..4),
        sorry: [None, Some(Sorry::Replaces), Some(Sorry::Stays)][random.usize(..3)],
        servers,
    }
}

fn check(random: &mut Rng) -> CheckPlan {
    let period = Duration::from_millis(random.u64(500..10_000));
    CheckPlan {
        period,
        delay_before_retry: Duration::from_millis(random.u64(100..3000)),
        retries: random.u32(0..4),
        rise: NonZeroU32::new(random.u32(1..4)).unwrap_or(NonZeroU32::MIN),
        limit: Duration::from_millis(random.u64(100..5000)),
        begins_failed: random.bool(),
    }
}

struct World<'a> {
    plans: &'a [PoolPlan],
    now: Timestamp,
    random: Rng,
    health: Health,
    pools: Vec<(PoolId, Vec<ServerId>)>,
    checks: BTreeMap<CheckId, CheckSeen>,
    /// The checks of each server, by pool and place.
    of_server: Vec<Vec<Vec<CheckId>>>,
    had_quorum: Vec<bool>,
    /// How probably checks of a server fail, in percent; it changes.
    illness: BTreeMap<CheckId, u8>,
    coming: BinaryHeap<Reverse<(Timestamp, CheckId, Run, u8)>>,
    wrong: Option<(Claim, Timestamp, String)>,
}

impl<'a> World<'a> {
    fn new(plans: &'a [PoolPlan], configured: &[Configured], random: Rng) -> Self {
        let (mut health, mut pools, mut of_server) = (Health::new(), Vec::new(), Vec::new());
        let (mut checks, mut illness) = (BTreeMap::new(), BTreeMap::new());
        for (plan, configured) in plans.iter().zip(configured) {
            let pool = health.add_pool(configured.pool);
            let (mut servers, mut of_pool) = (Vec::new(), Vec::new());
            for (server, (config, configs)) in plan.servers.iter().zip(&configured.servers) {
                let id = health.add_server(pool, *config);
                let ids = server.checks.iter().zip(configs).map(|(check, config)| {
                    let added = health.add_check(Timestamp::EPOCH, id, *config, Phase::NOW);
                    checks.insert(added, CheckSeen::new(*check));
                    illness.insert(added, 30);
                    added
                });
                of_pool.push(ids.collect());
                servers.push(id);
            }
            pools.push((pool, servers));
            of_server.push(of_pool);
        }
        let had_quorum = pools.iter().map(|(pool, _)| health.has_quorum(*pool)).collect();
        let (now, coming) = (Timestamp::EPOCH, BinaryHeap::new());
        Self {
            plans,
            now,
            random,
            health,
            pools,
            checks,
            of_server,
            had_quorum,
            illness,
            coming,
            wrong: None,
        }
    }

    /// The next thing that happens; `false` when nothing ever does.
    fn step(&mut self) -> bool {
        let result = self.coming.peek().map(|Reverse((at, ..))| *at);
        let deadline = self.health.deadline();
        let Some(next) = result.into_iter().chain(deadline).min() else { return false };
        self.now = self.now.max(next);
        if let Some(Reverse((at, check, run, kind))) = self.coming.peek().copied()
            && at <= self.now
        {
            self.coming.pop();
            let outcome = match kind {
                0 => Outcome::NotRun,
                1 => Outcome::Failure,
                _ => Outcome::Success(Weight::Configured),
            };
            let seen = self.checks.get_mut(&check).expect("it was added");
            if seen.running == Some(run) {
                seen.found(at, outcome);
            }
            let actions = self.health.handle(at, check, Input::Finished { run, outcome });
            self.perform(actions.iter());
        } else {
            while let Some(actions) = self.health.due(self.now) {
                self.perform(actions.iter());
            }
        }
        self.look();
        true
    }

    fn perform(&mut self, actions: impl Iterator<Item = Action>) {
        for action in actions {
            match action {
                Action::Run { check, run, .. } => {
                    let seen = self.checks.get_mut(&check).expect("it was added");
                    if seen.due != self.now || seen.running.is_some() {
                        let what =
                            format!("{check:?} begins at {:?}, due {:?}", self.now, seen.due);
                        self.wrong.get_or_insert((Claim::ChecksKeepTime, self.now, what));
                    }
                    seen.begins(self.now, run);
                    let limit = seen.plan.limit;
                    // Some are ill for a while, and some take longer than they may.
                    if self.random.u8(..20) == 0 {
                        let illness = [5, 30, 95][self.random.usize(..3)];
                        self.illness.insert(check, illness);
                    }
                    let kind = match self.random.u8(..100) {
                        0..3 => 0,
                        chance if chance < self.illness[&check] => 1,
                        _ => 2,
                    };
                    let span = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
                    let span = Duration::from_nanos(self.random.u64(0..span + span / 4));
                    // At its very end either comes first.
                    if span != limit {
                        self.coming.push(Reverse((self.now + span, check, run, kind)));
                    }
                }
                Action::End { check, run } => {
                    let seen = self.checks.get_mut(&check).expect("it was added");
                    if seen.running != Some(run) || seen.due != self.now {
                        let what = format!("{check:?} ends at {:?}, due {:?}", self.now, seen.due);
                        self.wrong.get_or_insert((Claim::ChecksKeepTime, self.now, what));
                    }
                    seen.found(self.now, Outcome::Failure);
                }
                Action::Tell(_) => {}
            }
        }
    }

    /// Compares everything.
    fn look(&mut self) {
        let late = self.checks.iter().find(|(_, seen)| seen.due < self.now);
        if let Some((check, seen)) = late {
            let what = format!("{check:?} was due {:?}", seen.due);
            self.wrong.get_or_insert((Claim::ChecksKeepTime, self.now, what));
        }
        for (number, plan) in self.plans.iter().enumerate() {
            let (pool, servers) = &self.pools[number];
            let is_up = |checks: &Vec<CheckId>| checks.iter().all(|id| self.checks[id].is_up);
            let up: Vec<bool> = self.of_server[number].iter().map(is_up).collect();
            for (server, is_up) in servers.iter().zip(&up) {
                if self.health.is_up(*server) != *is_up {
                    let what = format!("{server:?} is not up: {is_up}");
                    self.wrong.get_or_insert((Claim::ServersFollowChecks, self.now, what));
                }
            }
            let weights = plan.servers.iter().zip(&up).filter(|(_, is_up)| **is_up);
            let sum = weights.map(|(server, _)| u64::from(server.weight)).sum();
            let wanted = judge::has_quorum(plan, sum, self.had_quorum[number]);
            let has = self.health.has_quorum(*pool);
            if has != wanted {
                let what = format!("{pool:?} has a quorum: {has}, with {sum}");
                self.wrong.get_or_insert((Claim::QuorumDecides, self.now, what));
            }
            self.had_quorum[number] = has;
            let place = |id| servers.iter().position(|server| *server == id).unwrap_or(usize::MAX);
            let shown = judge::shown(self.health.members(*pool), place);
            let members = judge::members(plan, &up, wanted);
            if shown != members {
                let what = format!("{pool:?} has {shown:?}, and should {members:?}");
                self.wrong.get_or_insert((Claim::MembersAreRight, self.now, what));
            }
        }
    }
}
