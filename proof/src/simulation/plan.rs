//! A run as it is planned: machines, LANs, and what will happen, all made of one seed.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use vrrp_fsm::GroupId;
use vrrp_fsm::proto::{Authentication, Interval, Priority, Secret};

use super::clock::Clock;
use super::forge::Wrong;
use super::medium::Medium;
use crate::described::{Configured, Delivery, Described, centiseconds, seconds};

/// Something that happens to machines and LANs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says what it is")]
#[expect(clippy::exhaustive_enums, reason = "plain data of a test")]
pub enum Change {
    Start {
        machine: usize,
    },
    Stop {
        machine: usize,
    },
    Crash {
        machine: usize,
    },
    Pause {
        machine: usize,
        span: Duration,
    },
    ClockJumps {
        machine: usize,
        ahead: Duration,
    },
    Link {
        machine: usize,
        lan: u8,
        is_up: bool,
    },
    Address {
        machine: usize,
        lan: u8,
        is_there: bool,
    },
    AddressesLost {
        machine: usize,
    },
    Refuses {
        machine: usize,
        refuses: bool,
    },
    Track {
        machine: usize,
        item: usize,
        is_up: bool,
    },
    Partition {
        machine: usize,
        lan: u8,
        partition: u8,
    },
    Cut {
        lan: u8,
        from: usize,
        to: usize,
    },
    Medium {
        lan: u8,
        loss: u16,
        duplication: u16,
        damage: u16,
        more_delay: Duration,
    },
    /// A packet that has to be refused, against this router or its election.
    Forged {
        router: usize,
        wrong: Wrong,
        priority: Priority,
    },
    /// Everything works again, but what is off.
    Calm,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) seed: u64,
    pub(super) described: Arc<[Described]>,
    pub(super) configured: Arc<[Configured]>,
    pub(super) machines: usize,
    pub(super) lans: u8,
    pub(super) clocks: Vec<Clock>,
    pub(super) steps: Vec<(Duration, Change)>,
    pub(super) end: Duration,
    /// How often everybody is looked at.
    pub(super) tick: Duration,
    /// What a packet and the drift of clocks may cost.
    pub(super) delay: Duration,
}

/// What all routers know, of networks that prove packets.
pub const SECRET: &str = "secret";

fn secret() -> Secret {
    Secret::new(SECRET.as_bytes()).expect("it is short")
}

/// So many of a million.
const DRIFT: i32 = 200;

impl Plan {
    /// What becomes of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        // Every sixty-fourth is large.
        let is_large = seed % 64 == 63;
        let lans = random.u8(1..=if is_large { 2 } else { 3 });
        let machines = if is_large { random.usize(60..=200) } else { random.usize(2..=7) };
        let mut routers = Vec::new();
        let weights: Vec<Vec<i16>> = (0..machines).map(|_| weights(&mut random)).collect();
        let mut elections = 0;
        for lan in 0..lans {
            let mut vrid = 0;
            while vrid < random.u8(1..=3) {
                vrid += 1;
                let wide = if random.u8(..5) == 0 { random.u8(2..=3) } else { 1 };
                let before = routers.len();
                election(&mut random, lan, vrid, &weights, elections, &mut routers);
                elections += 1;
                // The others of a sync group have the same machines and priorities.
                let first: Vec<Described> = routers[before..].to_vec();
                let group = GroupId(u32::from(lan) << 8 | u32::from(vrid));
                for _ in 1..wide {
                    vrid += 1;
                    let copy = |router: &Described| Described {
                        key: (lan, router.key.1, vrid),
                        election: elections,
                        ..router.clone()
                    };
                    routers.extend(first.iter().map(copy));
                    elections += 1;
                }
                if wide > 1 {
                    for router in &mut routers[before..] {
                        router.group = Some(group);
                        (router.preempt_delay, router.startup_delay) =
                            (Duration::ZERO, Duration::ZERO);
                    }
                }
            }
        }
        let unit = routers.iter().map(Described::interval).max().unwrap_or_default();
        let clocks = (0..machines)
            .map(|_| Clock { drift: random.i32(-DRIFT..=DRIFT), ahead: Duration::ZERO });
        let clocks = clocks.collect();
        let mut plan = Self {
            seed,
            configured: routers.iter().map(Described::configured).collect(),
            described: routers.into(),
            machines,
            lans,
            clocks,
            steps: Vec::new(),
            end: Duration::ZERO,
            tick: (unit / 2).max(Duration::from_millis(200)),
            delay: Medium::LONGEST + unit / 50,
        };
        plan.happen(&mut random, unit);
        plan
    }

    /// Storms, each with a calm behind it.
    fn happen(&mut self, random: &mut Rng, unit: Duration) {
        let mut now = Duration::ZERO;
        for machine in 0..self.machines {
            self.steps.push((now, Change::Start { machine }));
            now += span(random, unit / 8);
        }
        let longest = |of: fn(&Described) -> Duration| self.described.iter().map(of).max();
        let delays = longest(|router| router.preempt_delay + router.startup_delay);
        // Refused addresses are tried again after 30 s.
        let quiet =
            9 * unit + 3 * Duration::from_secs(1) + delays.unwrap_or_default() + 10 * self.delay;
        now += quiet;
        for _ in 0..random.u8(1..=3) {
            let mut refuses = false;
            for _ in 0..random.u8(1..=8) {
                now += span(random, 3 * unit);
                let change = self.change(random, unit);
                refuses |= matches!(change, Change::Refuses { .. });
                self.steps.push((now, change));
            }
            now += span(random, 4 * unit);
            self.steps.push((now, Change::Calm));
            now += quiet + if refuses { Duration::from_secs(31) } else { Duration::ZERO };
        }
        self.end = now;
    }

    fn change(&self, random: &mut Rng, unit: Duration) -> Change {
        let machine = random.usize(..self.machines);
        let lan = random.u8(..self.lans);
        match random.u8(..23) {
            0..3 => Change::Start { machine },
            3..5 => Change::Stop { machine },
            5..7 => Change::Crash { machine },
            7 => Change::Pause { machine, span: span(random, 6 * unit) },
            8 => Change::ClockJumps { machine, ahead: span(random, 6 * unit) },
            9 => Change::Link { machine, lan, is_up: random.bool() },
            10 => Change::Address { machine, lan, is_there: random.bool() },
            11 => Change::AddressesLost { machine },
            12 => Change::Refuses { machine, refuses: true },
            13..15 => Change::Track { machine, item: random.usize(..2), is_up: random.bool() },
            15 => Change::Partition { machine, lan, partition: random.u8(..3) },
            16 => Change::Cut { lan, from: machine, to: random.usize(..self.machines) },
            17..20 => {
                let mut of_thousand =
                    |most: u16| if random.bool() { random.u16(..most) } else { 0 };
                let (loss, duplication, damage) =
                    (of_thousand(600), of_thousand(300), of_thousand(300));
                let more_delay = span(random, Medium::LONGEST / 2);
                Change::Medium { lan, loss, duplication, damage, more_delay }
            }
            _ => {
                let router = random.usize(..self.described.len());
                let all = Wrong::with(&self.described[router]);
                let wrong = all[random.usize(..all.len())];
                let priority =
                    if random.bool() { Priority::MAX_NOT_OWNER } else { Priority::STOPPED };
                Change::Forged { router, wrong, priority }
            }
        }
    }

    /// Has each router run with what somebody else makes of its description.
    ///
    /// # Panics
    /// When it is not one for each.
    #[must_use]
    pub fn with_configured(mut self, configured: Vec<Configured>) -> Self {
        assert_eq!(configured.len(), self.described.len(), "one for each router");
        self.configured = configured.into();
        self
    }

    /// What will happen.
    pub fn steps(&self) -> &[(Duration, Change)] {
        &self.steps
    }

    /// The routers.
    pub fn described(&self) -> &[Described] {
        &self.described
    }

    /// How much of routers' time it takes.
    pub fn router_time(&self) -> Duration {
        self.end * u32::try_from(self.described.len()).unwrap_or(u32::MAX)
    }
}

fn weights(random: &mut Rng) -> Vec<i16> {
    const USUAL: [i16; 4] = [-60, -30, 40, 0];
    let count = if random.u8(..3) == 0 { random.usize(1..=2) } else { 0 };
    (0..count).map(|_| USUAL[random.usize(..USUAL.len())]).collect()
}

/// Some machines take part in an election.
fn election(
    random: &mut Rng,
    lan: u8,
    vrid: u8,
    weights: &[Vec<i16>],
    election: usize,
    routers: &mut Vec<Described>,
) {
    const PRIORITIES: [u8; 8] = [1, 50, 100, 100, 150, 200, 240, 254];
    const INTERVALS: [u16; 6] = [10, 25, 100, 100, 300, 1000];
    let interval = |random: &mut Rng| centiseconds(INTERVALS[random.usize(..INTERVALS.len())]);
    let (is_ipv6, usual) = match random.u8(..3) {
        0 => (false, seconds(random.u8(1..=3))),
        version => (version == 2, interval(random)),
    };
    let authentication = match (usual, random.u8(..4)) {
        (Interval::V2(_), 0) => Authentication::Password(secret()),
        (Interval::V2(_), 1) => Authentication::AuthenticationHeader(secret()),
        _ => Authentication::None,
    };
    let has_owner = random.u8(..8) == 0;
    let learns = random.u8(..5) == 0;
    let preempts = random.u8(..4) != 0;
    let mut machines: Vec<usize> = (0..weights.len()).filter(|_| random.u8(..10) < 8).collect();
    if machines.is_empty() {
        machines.push(0);
    }
    let delivery = match random.u8(..5) {
        0 if machines.len() > 1 => Delivery::Unicast { least_hop_limit: random.u8(250..=255) },
        _ => Delivery::Multicast,
    };
    for (place, machine) in machines.into_iter().enumerate() {
        let number = u8::try_from(machine + 1).unwrap_or(u8::MAX);
        let owner = has_owner && place == 0;
        let priority = if owner { 255 } else { PRIORITIES[random.usize(..PRIORITIES.len())] };
        let own = match usual {
            Interval::V3(_) if learns => interval(random),
            usual => usual,
        };
        let delay = |random: &mut Rng, one_in: u8, most: u64| match random.u8(..one_in) {
            0 => Duration::from_millis(random.u64(..most)),
            _ => Duration::ZERO,
        };
        routers.push(Described {
            machine,
            key: (lan, is_ipv6, vrid),
            election,
            group: None,
            address: match is_ipv6 {
                true => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, lan.into(), number.into()).into(),
                false => IpAddr::from([198, 18, lan, number]),
            },
            delivery,
            authentication: authentication.clone(),
            interval: own,
            priority: Priority::new(priority).expect("1 to 255"),
            preempt: preempts,
            preempt_delay: delay(random, 5, 8000),
            startup_delay: delay(random, 8, 4000),
            weights: if owner { Vec::new() } else { weights[machine].clone() },
        });
    }
}

fn span(random: &mut Rng, most: Duration) -> Duration {
    Duration::from_nanos(random.u64(..=u64::try_from(most.as_nanos()).unwrap_or(u64::MAX)))
}
