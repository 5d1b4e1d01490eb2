//! What a pool makes of its servers.

use std::num::NonZeroU32;

use healthcheck::{
    Action, CheckConfig, CheckId, Event, Health, Input, Outcome, Phase, PoolConfig, PoolId,
    ServerConfig, ServerId, Sorry, Timestamp, Weight, Who,
};

const NOW: Timestamp = Timestamp::EPOCH;
const GOOD: Outcome = Outcome::Success(Weight::Configured);

/// A pool of servers with one check each, which are told.
struct Pool {
    health: Health,
    pool: PoolId,
    servers: Vec<ServerId>,
    checks: Vec<CheckId>,
}

impl Pool {
    fn new(config: PoolConfig, servers: &[ServerConfig]) -> Self {
        Self::with(config, servers, CheckConfig::told())
    }

    fn with(config: PoolConfig, servers: &[ServerConfig], check: CheckConfig) -> Self {
        let mut health = Health::new();
        let pool = health.add_pool(config);
        let servers: Vec<ServerId> =
            servers.iter().map(|config| health.add_server(pool, *config)).collect();
        let checks =
            servers.iter().map(|id| health.add_check(NOW, *id, check, Phase::NOW)).collect();
        Self { health, pool, servers, checks }
    }

    /// Tells the check of a server; what comes of it but what is said of the check.
    fn tell(&mut self, server: usize, outcome: Outcome) -> Vec<Event> {
        let actions = self.health.handle(NOW, self.checks[server], Input::Told(outcome));
        let events = actions.into_iter().filter_map(|action| match action {
            Action::Tell(Event::Check { .. }) => None,
            Action::Tell(event) => Some(event),
            other => panic!("{other:?}"),
        });
        events.collect()
    }

    fn server(&self, server: usize, is_up: bool) -> Event {
        Event::Server { server: self.servers[server], pool: self.pool, is_up }
    }

    fn quorum(&self, has_quorum: bool, sum: u64) -> Event {
        Event::Quorum { pool: self.pool, has_quorum, sum }
    }

    /// The weights of its members: by number, the sorry server as -1.
    fn members(&self) -> Vec<(i32, u32)> {
        let number = |who| match who {
            Who::Server(id) => {
                let place = self.servers.iter().position(|server| *server == id);
                i32::try_from(place.unwrap()).unwrap()
            }
            Who::Sorry => -1,
        };
        self.health.members(self.pool).map(|member| (number(member.who), member.weight)).collect()
    }
}

fn weights(weights: &[u32]) -> Vec<ServerConfig> {
    weights.iter().map(|weight| ServerConfig::new().weight(*weight)).collect()
}

fn quorum(quorum: u32) -> PoolConfig {
    PoolConfig::new().quorum(NonZeroU32::new(quorum).unwrap())
}

#[test]
fn servers_that_are_down_are_gone_or_have_weight_0() {
    let servers = [ServerConfig::new().weight(3), ServerConfig::new().weight(5).stays(true)];
    let mut pool = Pool::new(PoolConfig::new(), &servers);
    assert_eq!(pool.members(), [(0, 3), (1, 5)]);
    assert_eq!(pool.tell(0, Outcome::Failure), [pool.server(0, false)]);
    assert_eq!(pool.members(), [(1, 5)]);
    assert_eq!(pool.tell(1, Outcome::Failure), [pool.server(1, false), pool.quorum(false, 0)]);
    assert_eq!(pool.members(), [(1, 0)]);
    assert_eq!(pool.tell(0, GOOD), [pool.server(0, true), pool.quorum(true, 3)]);
    assert_eq!(pool.members(), [(0, 3), (1, 0)]);
}

#[test]
fn a_server_is_up_when_all_of_its_checks_are() {
    let mut pool = Pool::new(PoolConfig::new(), &weights(&[1]));
    let second = pool.health.add_check(NOW, pool.servers[0], CheckConfig::told(), Phase::NOW);
    pool.checks.push(second);
    assert_eq!(pool.tell(0, Outcome::Failure).len(), 2);
    assert_eq!(pool.tell(1, Outcome::Failure), []);
    assert_eq!(pool.tell(0, GOOD), []);
    assert_eq!(pool.tell(1, GOOD), [pool.server(0, true), pool.quorum(true, 1)]);
}

/// Nobody takes connections.
#[test]
fn servers_without_weight_are_no_quorum() {
    let mut pool = Pool::new(PoolConfig::new(), &weights(&[0, 0]));
    assert!(!pool.health.has_quorum(pool.pool));
    assert_eq!(pool.tell(0, Outcome::Failure), [pool.server(0, false)]);
    assert_eq!(pool.tell(0, GOOD), [pool.server(0, true)]);
    assert!(!pool.health.has_quorum(pool.pool));
}

/// It is less than the quorum, whatever it is said to be.
#[test]
fn a_hysteresis_beyond_the_quorum_is_one_less() {
    let mut pool = Pool::new(quorum(2).hysteresis(9), &weights(&[1; 5]));
    for server in 0..4 {
        assert_eq!(pool.tell(server, Outcome::Failure), [pool.server(server, false)]);
    }
    assert_eq!(pool.tell(4, Outcome::Failure), [pool.server(4, false), pool.quorum(false, 0)]);
    assert_eq!(pool.tell(0, GOOD), [pool.server(0, true)]);
    assert_eq!(pool.tell(1, GOOD), [pool.server(1, true)]);
    assert_eq!(pool.tell(2, GOOD), [pool.server(2, true), pool.quorum(true, 3)]);
}

#[test]
fn a_quorum_has_a_hysteresis() {
    let mut pool = Pool::new(quorum(6).hysteresis(2), &weights(&[2, 2, 2, 2, 2]));
    // 10, 8, 6, 4 and 2.
    for server in 0..3 {
        assert_eq!(pool.tell(server, Outcome::Failure), [pool.server(server, false)]);
    }
    assert!(pool.health.has_quorum(pool.pool));
    assert_eq!(pool.tell(3, Outcome::Failure), [pool.server(3, false), pool.quorum(false, 2)]);
    // Without a sorry server those that are left are used.
    assert_eq!(pool.members(), [(4, 2)]);
    assert_eq!(pool.tell(0, GOOD), [pool.server(0, true)]);
    assert_eq!(pool.tell(1, GOOD), [pool.server(1, true)]);
    assert_eq!(pool.tell(2, GOOD), [pool.server(2, true), pool.quorum(true, 8)]);
}

#[test]
fn one_that_cannot_be_reached_is_all_there_are() {
    let mut pool = Pool::new(quorum(100).hysteresis(99), &weights(&[1, 2]));
    assert!(pool.health.has_quorum(pool.pool));
    // 3 less its hysteresis of at most 2.
    assert_eq!(pool.tell(1, Outcome::Failure), [pool.server(1, false)]);
    assert_eq!(pool.tell(0, Outcome::Failure).len(), 2);
    assert_eq!(pool.tell(1, GOOD), [pool.server(1, true)]);
    assert_eq!(pool.tell(0, GOOD), [pool.server(0, true), pool.quorum(true, 3)]);
}

#[test]
fn the_sorry_server_takes_over_without_a_quorum() {
    for (sorry, beside) in [(Sorry::Replaces, &[][..]), (Sorry::Stays, &[(-1, 0)][..])] {
        let mut pool = Pool::new(quorum(2).sorry(sorry), &weights(&[1, 1, 1]));
        assert_eq!(pool.members(), [&[(0, 1), (1, 1), (2, 1)], beside].concat());
        assert_eq!(pool.tell(0, Outcome::Failure), [pool.server(0, false)]);
        assert_eq!(pool.tell(1, Outcome::Failure), [pool.server(1, false), pool.quorum(false, 1)]);
        // The one that is left is not enough.
        assert_eq!(pool.members(), [(-1, 1)]);
        assert_eq!(pool.tell(0, GOOD), [pool.server(0, true), pool.quorum(true, 2)]);
        assert_eq!(pool.members(), [&[(0, 1), (2, 1)], beside].concat());
    }
    let empty = Pool::new(PoolConfig::new().sorry(Sorry::Replaces), &[]);
    assert_eq!(empty.members(), [(-1, 1)]);
}

#[test]
fn servers_that_stay_beside_the_sorry_server_have_weight_0() {
    let stays = ServerConfig::new().stays(true);
    let mut pool = Pool::new(quorum(2).sorry(Sorry::Replaces), &[stays, stays]);
    assert_eq!(pool.tell(0, Outcome::Failure).len(), 2);
    assert_eq!(pool.members(), [(0, 0), (1, 0), (-1, 1)]);
}

#[test]
fn checks_say_something_of_weights() {
    let mut pool = Pool::new(PoolConfig::new(), &weights(&[10]));
    let second = pool.health.add_check(NOW, pool.servers[0], CheckConfig::told(), Phase::NOW);
    pool.checks.push(second);
    let weight = |weight| Event::Weight { server: pool.servers[0], pool: pool.pool, weight };
    let [is_7, is_4, is_0, is_most] = [7, 4, 0, i32::MAX.unsigned_abs()].map(weight);
    assert_eq!(pool.tell(0, Outcome::Success(Weight::Is(7))), [is_7]);
    assert_eq!(pool.tell(1, Outcome::Success(Weight::By(-3))), [is_4]);
    assert_eq!(pool.members(), [(0, 4)]);
    // Never below 0; and without weight there is no quorum.
    assert_eq!(pool.tell(1, Outcome::Success(Weight::By(-30))), [is_0, pool.quorum(false, 0)]);
    assert_eq!(pool.members(), [(0, 0)]);
    let events = pool.tell(1, Outcome::Success(Weight::By(i64::MAX)));
    assert_eq!(events[0], is_most);
    // A failure leaves the weight as it was said.
    assert_eq!(pool.tell(0, Outcome::Failure).len(), 2);
    assert_eq!(pool.health.weight(pool.servers[0]), i32::MAX.unsigned_abs());
}

#[test]
fn servers_can_begin_failed() {
    let check = CheckConfig::told().begins_failed(true);
    let mut pool = Pool::with(PoolConfig::new().sorry(Sorry::Replaces), &weights(&[1, 1]), check);
    assert_eq!(pool.members(), [(-1, 1)]);
    assert_eq!(pool.tell(0, GOOD), [pool.server(0, true), pool.quorum(true, 1)]);
    assert_eq!(pool.members(), [(0, 1)]);
}

#[test]
fn another_pool_goes_on_from_what_is_known() {
    let config = quorum(2).hysteresis(1);
    let mut before = Pool::new(config, &weights(&[1, 1, 1]));
    before.tell(0, Outcome::Failure);
    before.tell(1, Outcome::Failure);
    assert!(before.health.has_quorum(before.pool));
    let mut after = Pool::new(config, &weights(&[1, 1, 1]));
    for (old, new) in before.checks.iter().zip(&after.checks) {
        after.health.resume(*new, before.health.known(*old));
    }
    after.health.resume_quorum(after.pool, before.health.has_quorum(before.pool));
    assert_eq!(after.members(), [(2, 1)]);
    assert!(after.health.has_quorum(after.pool));
    // And one that had none has none until it is reached from below.
    after.health.resume_quorum(after.pool, false);
    assert!(!after.health.has_quorum(after.pool));
    // A server that was down does not come up because its check is another.
    let mut other = Pool::new(config, &weights(&[1, 1, 1]));
    other.health.fail(other.checks[0]);
    assert!(!other.health.is_up(other.servers[0]));
}

#[test]
fn what_nothing_is_said_of_is_usual() {
    assert_eq!(PoolConfig::default(), PoolConfig::new());
    assert_eq!(ServerConfig::default(), ServerConfig::new());
}

/// A span whose nanoseconds do not fit is as long as can be: this one would otherwise be less than a second.
#[test]
fn time_ends_and_does_not_begin_anew() {
    let wraps = std::time::Duration::from_secs(u64::MAX / 1_000_000_000 + 1);
    let end = NOW + wraps;
    assert_eq!(end.since_epoch(), std::time::Duration::from_nanos(u64::MAX));
    assert_eq!(end + wraps, end);
}
