//! Thousands of servers in virtual time: what the pools say is what is so, within the bounds of their checks.

use std::collections::{BTreeMap, BinaryHeap};
use std::num::NonZeroU32;
use std::time::Duration;

use fastrand::Rng;
use healthcheck::{
    Action, CheckConfig, CheckId, Event, Health, Input, Outcome, Phase, PoolConfig, PoolId, Run,
    ServerConfig, ServerId, Sorry, Timestamp, Weight, Who,
};

const POOLS: usize = 200;
const SERVERS: usize = 25;
const PERIOD: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(2);
const MINUTES: u64 = 20;

struct Simulation {
    random: Rng,
    health: Health,
    pools: Vec<(PoolId, Vec<ServerId>)>,
    /// Of each check, its server and since when that is as it is.
    truth: BTreeMap<CheckId, (bool, Timestamp)>,
    by_server: BTreeMap<ServerId, CheckId>,
    /// Results that are to come, the earliest on top.
    coming: BinaryHeap<std::cmp::Reverse<(Timestamp, CheckId, Run, bool)>>,
    told: BTreeMap<ServerId, bool>,
    runs: u64,
    turns: u64,
    trace: u64,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut health = Health::new();
        let (mut pools, mut truth) = (Vec::new(), BTreeMap::new());
        let (mut by_server, mut told) = (BTreeMap::new(), BTreeMap::new());
        let check = CheckConfig::new(PERIOD).delay_before_retry(RETRY).limit(LIMIT);
        for _ in 0..POOLS {
            let quorum = NonZeroU32::new(random.u32(1..10)).unwrap();
            let config = PoolConfig::new().quorum(quorum).sorry(Sorry::Replaces);
            let pool = health.add_pool(config);
            let mut servers = Vec::new();
            for _ in 0..SERVERS {
                let server = health.add_server(pool, ServerConfig::new());
                let phase = Phase::of(random.u32(..));
                let id = health.add_check(Timestamp::EPOCH, server, check, phase);
                truth.insert(id, (true, Timestamp::EPOCH));
                by_server.insert(server, id);
                told.insert(server, true);
                servers.push(server);
            }
            pools.push((pool, servers));
        }
        let coming = BinaryHeap::new();
        let (runs, turns, trace) = (0, 0, 0);
        Self { random, health, pools, truth, by_server, coming, told, runs, turns, trace }
    }

    fn perform(&mut self, now: Timestamp, actions: healthcheck::Actions) {
        for action in actions {
            match action {
                Action::Run { check, run, .. } => {
                    self.runs += 1;
                    let is_fit = self.truth[&check].0;
                    // One that is not fit refuses, or says nothing until the check is ended.
                    let takes = match is_fit || self.random.bool() {
                        true => Duration::from_millis(self.random.u64(1..1_500)),
                        false => LIMIT * 10,
                    };
                    self.coming.push(std::cmp::Reverse((now + takes, check, run, is_fit)));
                }
                Action::End { .. } => {}
                Action::Tell(event) => self.hear(event),
            }
        }
    }

    fn hear(&mut self, event: Event) {
        if let Event::Server { server, pool, is_up } = event {
            assert_ne!(self.told.insert(server, is_up), Some(is_up), "the same again");
            self.turns += 1;
            let is_member = |who| who == Who::Server(server);
            if is_up && self.health.has_quorum(pool) {
                assert!(self.health.members(pool).any(|member| is_member(member.who)));
            }
            let number = u64::from(is_up) + 2 * self.turns;
            self.trace = self.trace.wrapping_mul(31).wrapping_add(number);
        }
    }

    /// The next thing that happens before `end`.
    fn step(&mut self, end: Timestamp) -> bool {
        let result = self.coming.peek().map(|next| next.0.0);
        let due = self.health.deadline();
        let Some(now) = [result, due].into_iter().flatten().min().filter(|now| *now < end) else {
            return false;
        };
        let actions = if result == Some(now) {
            let Some(std::cmp::Reverse((_, check, run, is_fit))) = self.coming.pop() else {
                return false;
            };
            let outcome = match is_fit {
                true => Outcome::Success(Weight::Configured),
                false => Outcome::Failure,
            };
            self.health.handle(now, check, Input::Finished { run, outcome })
        } else {
            self.health.due(now).expect("it is due")
        };
        self.perform(now, actions);
        true
    }

    /// What has been so for long enough is what the pools say.
    fn check(&self, now: Timestamp) {
        // A period, a run that began just before, the retry, and their limits.
        let bound = PERIOD + LIMIT + RETRY + LIMIT;
        for (pool, servers) in &self.pools {
            let members: Vec<_> = self.health.members(*pool).collect();
            assert!(!members.is_empty(), "there is always somebody: the sorry server");
            let is_sorry = members.iter().any(|member| member.who == Who::Sorry);
            assert_eq!(is_sorry, !self.health.has_quorum(*pool));
            for server in servers {
                let (is_fit, since) = self.truth[&self.by_server[server]];
                if now.saturating_since(since) > bound {
                    assert_eq!(self.health.is_up(*server), is_fit, "{server:?}");
                    assert_eq!(self.told[server], is_fit);
                    let is_member = members.iter().any(|member| member.who == Who::Server(*server));
                    assert_eq!(is_member, is_fit && !is_sorry);
                }
            }
        }
    }

    fn run(&mut self) {
        let mut now = Timestamp::EPOCH;
        let end = Timestamp::from_epoch(Duration::from_secs(MINUTES * 60));
        while now < end {
            let next = now + Duration::from_secs(10);
            while self.step(next) {}
            now = next;
            self.check(now);
            // A few turn; once in a while a whole pool does.
            let checks: Vec<CheckId> = self.truth.keys().copied().collect();
            for _ in 0..self.random.usize(0..20) {
                let check = checks[self.random.usize(..checks.len())];
                self.turn(check, now);
            }
            if self.random.u8(..8) == 0 {
                let (_, servers) = self.pools[self.random.usize(..POOLS)].clone();
                for server in servers {
                    self.turn(self.by_server[&server], now);
                }
            }
        }
    }

    fn turn(&mut self, check: CheckId, now: Timestamp) {
        let (is_fit, _) = self.truth[&check];
        self.truth.insert(check, (!is_fit, now));
    }
}

#[test]
fn thousands_of_servers_are_known_within_the_bounds() {
    let mut simulation = Simulation::new(1);
    simulation.run();
    assert!(simulation.runs > 800_000, "{} runs", simulation.runs);
    assert!(simulation.turns > 1_000, "{} turns", simulation.turns);
}

#[test]
fn one_seed_is_one_run() {
    let traces: Vec<(u64, u64)> = (0..2)
        .map(|_| {
            let mut simulation = Simulation::new(7);
            let end = Timestamp::from_epoch(Duration::from_secs(300));
            let first = *simulation.truth.keys().next().unwrap();
            simulation.turn(first, Timestamp::EPOCH);
            while simulation.step(end) {}
            (simulation.trace, simulation.runs)
        })
        .collect();
    assert_eq!(traces[0], traces[1]);
}
