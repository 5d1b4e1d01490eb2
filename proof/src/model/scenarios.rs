//! The LANs whose every state is looked at.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_fsm::GroupId;
use vrrp_fsm::proto::{Interval, Priority};

use super::state::Budget;
use crate::described::{Described, centiseconds, seconds};

/// Some routers and what happens to them.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of a test")]
pub struct Scenario {
    /// What it is about.
    pub name: &'static str,
    /// The routers, all on one LAN.
    pub routers: Vec<Described>,
    /// How long a packet takes at most.
    pub delay: Duration,
    /// What may happen.
    pub budget: Budget,
}

const DELAY: Duration = Duration::from_millis(5);

fn router(machine: usize, priority: u8) -> Described {
    Described {
        machine,
        key: (0, false, 51),
        election: 0,
        group: None,
        address: IpAddr::from([10, 0, 0, 1 + u8::try_from(machine).expect("a few machines")]),
        interval: centiseconds(100),
        priority: Priority::new(priority).expect("1 to 255"),
        preempt: true,
        preempt_delay: Duration::ZERO,
        startup_delay: Duration::ZERO,
        weights: Vec::new(),
    }
}

fn scenario(name: &'static str, priorities: &[u8], budget: Budget) -> Scenario {
    let routers =
        priorities.iter().enumerate().map(|(machine, priority)| router(machine, *priority));
    Scenario { name, routers: routers.collect(), delay: DELAY, budget }
}

impl Scenario {
    fn each(mut self, change: impl Fn(&mut Described)) -> Self {
        self.routers.iter_mut().for_each(change);
        self
    }

    fn every(self, interval: Interval) -> Self {
        self.each(|router| router.interval = interval)
    }
}

/// All of them.
pub fn scenarios() -> Vec<Scenario> {
    let network = Budget { losses: 1, duplicates: 1, damages: 1, ..Budget::default() };
    let power = Budget { powers: 2, ..network };
    let most = Budget { pauses: 1, ..power };
    let tracks = Budget { tracks: 2, losses: 1, ..Budget::default() };
    let links = Budget { links: 2, powers: 1, ..Budget::default() };
    let grouped = |budget| {
        let mut all = scenario("sync groups of two", &[100, 200], budget);
        let mut second = all.clone().each(|router| (router.key.2, router.election) = (52, 1));
        all.routers.append(&mut second.routers);
        all.each(|router| router.group = Some(GroupId(1)))
    };
    vec![
        scenario("two, one above the other", &[100, 200], most),
        scenario("two equal ones", &[100, 100], most),
        scenario("the owner and another", &[255, 100], most),
        scenario("VRRPv2", &[100, 200], most).every(seconds(1)),
        scenario("no preemption", &[100, 200], most).each(|router| router.preempt = false),
        scenario("a preempt delay", &[100, 200], power)
            .each(|router| router.preempt_delay = Duration::from_secs(5)),
        scenario("a startup delay", &[100, 255], power)
            .each(|router| router.startup_delay = Duration::from_secs(2)),
        {
            let mut learned = scenario("two intervals, learned", &[100, 200], power);
            learned.routers[0].interval = centiseconds(30);
            learned
        },
        scenario("a tracked item", &[100, 120], tracks).each(|router| router.weights = vec![-50]),
        scenario("a tracked need", &[100, 120], tracks).each(|router| router.weights = vec![0]),
        scenario("interfaces", &[100, 120], links),
        scenario(
            "three, two of them equal",
            &[100, 100, 200],
            Budget { powers: 1, losses: 1, ..Budget::default() },
        ),
        grouped(Budget { powers: 1, losses: 1, tracks: 1, ..Budget::default() })
            .each(|router| router.weights = if router.key.2 == 51 { vec![0] } else { vec![] }),
    ]
}
