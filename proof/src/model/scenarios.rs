//! The LANs whose every state is looked at.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_fsm::GroupId;
use vrrp_fsm::proto::{Authentication, Interval, Priority};

use super::state::Budget;
use crate::described::{Delivery, Described, centiseconds, seconds};

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
        delivery: Delivery::Multicast,
        authentication: Authentication::None,
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

/// How much may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are three")]
pub enum Extent {
    /// What mistakes are looked for in.
    Small,
    /// What a minute is enough for.
    Usual,
    /// More of everything.
    Long,
}

/// All of them, the small ones first.
pub fn scenarios(extent: Extent) -> Vec<Scenario> {
    let none = Budget::default();
    let network = Budget { losses: 1, duplicates: 1, damages: 1, ..none };
    let (power, pause, tracks, three) = match extent {
        Extent::Small => (
            Budget { powers: 2, damages: 1, ..none },
            Budget { powers: 1, pauses: 1, losses: 1, ..none },
            Budget { tracks: 2, losses: 1, ..none },
            Budget { powers: 1, losses: 1, ..none },
        ),
        Extent::Usual => (
            Budget { powers: 2, damages: 0, ..network },
            Budget { powers: 1, pauses: 1, losses: 1, duplicates: 1, ..none },
            Budget { tracks: 3, losses: 1, duplicates: 1, ..none },
            Budget { powers: 2, losses: 1, ..none },
        ),
        Extent::Long => (
            Budget { powers: 2, ..network },
            Budget { powers: 2, pauses: 1, losses: 2, ..none },
            Budget { tracks: 3, powers: 1, losses: 2, ..none },
            Budget { powers: 2, losses: 1, duplicates: 1, pauses: 1, ..none },
        ),
    };
    let links = Budget { links: 2, ..three };
    let mut groups = scenario("sync groups of two", &[100, 200], Budget { tracks: 1, ..three });
    let mut second = groups.clone().each(|router| (router.key.2, router.election) = (52, 1));
    groups.routers.append(&mut second.routers);
    let groups = groups.each(|router| {
        router.group = Some(GroupId(1));
        router.weights = if router.key.2 == 51 { vec![0] } else { vec![] };
    });
    let mut learned = scenario("two intervals, learned", &[100, 200], power);
    learned.routers[0].interval = centiseconds(30);
    vec![
        scenario("a tracked need", &[100, 120], tracks).each(|router| router.weights = vec![0]),
        scenario("a tracked item", &[100, 120], tracks).each(|router| router.weights = vec![-50]),
        scenario("interfaces", &[100, 120], links),
        groups,
        scenario("three, two of them equal", &[100, 100, 200], three),
        scenario("damaged packets", &[100, 200], Budget { damages: 2, ..three }),
        scenario("a startup delay", &[100, 255], power)
            .each(|router| router.startup_delay = Duration::from_secs(2)),
        scenario("a preempt delay", &[100, 200], power)
            .each(|router| router.preempt_delay = Duration::from_secs(5)),
        scenario("no preemption", &[100, 200], power).each(|router| router.preempt = false),
        scenario("two equal ones", &[100, 100], power),
        scenario("two, one above the other", &[100, 200], power),
        scenario("two that send to each other", &[100, 200], power)
            .each(|router| router.delivery = Delivery::Unicast { least_hop_limit: 255 }),
        scenario("two with pauses, one above the other", &[100, 200], pause),
        scenario("two with pauses, equal", &[100, 100], pause),
        scenario("the owner and another, with pauses", &[255, 100], pause),
        scenario("VRRPv2, with pauses", &[100, 200], pause).every(seconds(1)),
        learned,
    ]
}
