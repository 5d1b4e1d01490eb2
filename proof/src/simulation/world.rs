//! A plan is carried out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use fastrand::Rng;
use vrrp_fsm::Timestamp;

use super::clock::Clock;
use super::forge::forge;
use super::medium::Medium;
use super::plan::{Change, Plan};
use crate::described::{Delivery, Key};
use crate::machine::{Arrived, Machine, Sent};
use crate::mistake::Mistake;
use crate::observer::{Moment, Observer, Violation};
use crate::packet::hop_limit_of;
use crate::property::Violated;

/// What became of a plan.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what is reported")]
pub struct Report {
    /// What did not hold.
    pub violated: Violated,
    /// The first violation of each property.
    pub violations: Vec<Violation>,
    /// How many packets arrived.
    pub packets: u64,
    /// Stands for everything that was sent, and when.
    pub digest: u64,
    /// What happened, when that was asked for.
    pub timeline: Vec<String>,
}

/// Carries out a plan: all of it, or the steps with these numbers.
pub fn run(plan: &Plan, kept: Option<&[usize]>, mistake: Option<Mistake>, tells: bool) -> Report {
    let mut world = World::new(plan, mistake, tells);
    for (number, (at, _)) in plan.steps.iter().enumerate() {
        if kept.is_none_or(|kept| kept.contains(&number)) {
            world.push(Timestamp::from_epoch(*at), What::Change(number));
        }
    }
    world.push(Timestamp::from_epoch(plan.tick), What::Tick);
    let end = Timestamp::from_epoch(plan.end);
    while let Some(Reverse(next)) = world.queue.pop() {
        if next.at > end {
            break;
        }
        world.now = next.at;
        world.perform(next.what);
    }
    Report {
        violated: world.observer.violated(),
        violations: world.observer.violations().to_vec(),
        packets: world.packets,
        digest: world.digest.finish(),
        timeline: world.timeline,
    }
}

/// Ordered by time, and among equals by the order in which they came about.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    at: Timestamp,
    number: u64,
    what: What,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Arrives { machine: usize, lan: u8, packet: Packet },
    Wakes { machine: usize },
    Resumes { machine: usize },
    Change(usize),
    Tick,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    octets: Arc<[u8]>,
    is_forged: bool,
}

impl Packet {
    fn arrived(&self) -> Arrived<'_> {
        Arrived { octets: &self.octets, is_forged: self.is_forged }
    }
}

struct Seat {
    machine: Machine,
    clock: Clock,
    is_paused: bool,
    /// What waits in its sockets.
    waiting: VecDeque<(u8, Packet)>,
    /// For when a wake-up is planned.
    wakes: Option<Timestamp>,
}

/// A socket has room for so many packets.
const SOCKET: usize = 200;

struct World<'a> {
    plan: &'a Plan,
    now: Timestamp,
    random: Rng,
    seats: Vec<Seat>,
    media: Vec<Medium>,
    /// By machine and LAN.
    partitions: Vec<Vec<u8>>,
    listeners: BTreeMap<Key, Vec<usize>>,
    queue: BinaryHeap<Reverse<Next>>,
    numbers: u64,
    observer: Observer,
    packets: u64,
    digest: DefaultHasher,
    tells: bool,
    timeline: Vec<String>,
}

impl<'a> World<'a> {
    fn new(plan: &'a Plan, mistake: Option<Mistake>, tells: bool) -> Self {
        let seat = |number: usize| Seat {
            machine: Machine::new(number, &plan.described, &plan.configured, mistake),
            clock: plan.clocks[number],
            is_paused: false,
            waiting: VecDeque::new(),
            wakes: None,
        };
        let mut listeners: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for router in plan.described.iter() {
            listeners.entry(router.key).or_default().push(router.machine);
        }
        Self {
            plan,
            now: Timestamp::EPOCH,
            random: Rng::with_seed(plan.seed ^ 0x5eed),
            seats: (0..plan.machines).map(seat).collect(),
            media: vec![Medium::default(); plan.lans.into()],
            partitions: vec![vec![0; plan.lans.into()]; plan.machines],
            listeners,
            queue: BinaryHeap::new(),
            numbers: 0,
            observer: Observer::new(Arc::clone(&plan.described), plan.delay),
            packets: 0,
            digest: DefaultHasher::new(),
            tells,
            timeline: Vec::new(),
        }
    }

    fn push(&mut self, at: Timestamp, what: What) {
        self.numbers += 1;
        self.queue.push(Reverse(Next { at, number: self.numbers, what }));
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.tells {
            self.timeline.push(format!("{:>16} {}", self.now.to_string(), what()));
        }
    }

    fn moment(&self, machine: usize) -> Moment {
        Moment { world: self.now, machine: self.seats[machine].clock.read(self.now) }
    }

    fn perform(&mut self, what: What) {
        match what {
            What::Arrives { machine, lan, packet } => self.arrive(machine, lan, packet),
            What::Wakes { machine } => {
                if self.seats[machine].wakes == Some(self.now) {
                    self.seats[machine].wakes = None;
                    self.on(machine, Machine::wake);
                }
            }
            What::Resumes { machine } => self.resume(machine),
            What::Change(number) => self.change(self.plan.steps[number].1),
            What::Tick => {
                let clocks: Vec<Clock> = self.seats.iter().map(|seat| seat.clock).collect();
                let now = self.now;
                self.observer.tick(now, |machine| clocks[machine].read(now));
                self.push(now + self.plan.tick, What::Tick);
            }
        }
    }

    /// Has a machine do something, unless it does nothing at all.
    fn on(
        &mut self,
        machine: usize,
        act: impl FnOnce(&mut Machine, Moment, &mut Observer) -> Vec<Sent>,
    ) {
        let at = self.moment(machine);
        let seat = &mut self.seats[machine];
        let states = |machine: &Machine| -> Vec<_> {
            machine.routers().iter().map(|router| (*router, machine.state(*router))).collect()
        };
        let before = if self.tells { states(&seat.machine) } else { Vec::new() };
        let sent = if seat.is_paused {
            Vec::new()
        } else {
            act(&mut seat.machine, at, &mut self.observer)
        };
        let after = if self.tells { states(&seat.machine) } else { Vec::new() };
        let deadline = seat.machine.deadline().filter(|_| !seat.is_paused);
        let deadline = deadline.map(|deadline| seat.clock.world(deadline).max(self.now));
        let wakes = std::mem::replace(&mut seat.wakes, deadline);
        if let Some(deadline) = deadline
            && wakes != Some(deadline)
        {
            self.push(deadline, What::Wakes { machine });
        }
        for ((router, before), (_, after)) in before.into_iter().zip(after) {
            if before != after {
                self.tell(|| {
                    format!("machine {machine}: router {router} is {after}, was {before}")
                });
            }
        }
        for packet in sent {
            self.send(machine, packet);
        }
    }

    fn send(&mut self, from: usize, Sent { router, to, mut octets }: Sent) {
        (self.now, router, &octets).hash(&mut self.digest);
        let plan = self.plan;
        let described = &plan.described[router];
        if let Delivery::Unicast { least_hop_limit } = described.delivery {
            // As many hops as may be.
            let hop_limit = hop_limit_of(&mut octets, described.key.1);
            *hop_limit -= self.random.u8(..=*hop_limit - least_hop_limit);
        }
        self.tell(|| match to {
            Some(to) => format!("machine {from}: router {router} advertises to machine {to}"),
            None => format!("machine {from}: router {router} advertises"),
        });
        self.spread(from, to, described.key, &octets.into());
    }

    /// A packet goes to everybody who listens, or to one of them.
    fn spread(&mut self, from: usize, to: Option<usize>, key: Key, octets: &Arc<[u8]>) {
        let lan = usize::from(key.0);
        let partition = self.partitions[from][lan];
        let count = self.listeners.get(&key).map_or(0, Vec::len);
        for place in 0..count {
            let machine = self.listeners[&key][place];
            if to.is_some_and(|to| to != machine) {
                continue;
            }
            let is_cut = machine == from
                || partition != self.partitions[machine][lan]
                || self.media[lan].cuts.contains(&(from, machine));
            if is_cut || !self.seats[machine].machine.is_on() {
                continue;
            }
            let copies = self.media[lan].carry(&mut self.random);
            for (delay, is_damaged) in copies.into_iter().flatten() {
                let mut octets = Arc::clone(octets);
                if is_damaged {
                    let mut damaged = octets.to_vec();
                    let at = self.random.usize(..damaged.len());
                    damaged[at] ^= 1 << self.random.u8(..8);
                    octets = damaged.into();
                }
                let packet = Packet { octets, is_forged: false };
                self.push(self.now + delay, What::Arrives { machine, lan: key.0, packet });
            }
        }
    }

    /// A forged packet goes the same way, and as it is: damage could make it right.
    fn spread_forged(&mut self, to: Option<usize>, key: Key, octets: &Arc<[u8]>) {
        let listeners = self.listeners.get(&key).cloned().unwrap_or_default();
        for machine in listeners.into_iter().filter(|machine| to.is_none_or(|to| to == *machine)) {
            let packet = Packet { octets: Arc::clone(octets), is_forged: true };
            let at = self.now + Medium::USUAL;
            self.push(at, What::Arrives { machine, lan: key.0, packet });
        }
    }

    fn arrive(&mut self, machine: usize, lan: u8, packet: Packet) {
        self.packets += 1;
        let seat = &mut self.seats[machine];
        if !seat.machine.hears(lan) {
            return;
        }
        if seat.is_paused {
            if seat.waiting.len() < SOCKET {
                seat.waiting.push_back((lan, packet));
            }
            return;
        }
        let arrived = packet.arrived();
        self.on(machine, |machine, at, observer| machine.receive(lan, arrived, at, observer));
    }

    fn resume(&mut self, machine: usize) {
        if !std::mem::take(&mut self.seats[machine].is_paused) {
            return;
        }
        self.tell(|| format!("machine {machine} goes on"));
        let at = self.moment(machine);
        for router in self.seats[machine].machine.routers().to_vec() {
            self.observer.paused(router, false, at);
        }
        // A driver empties its sockets first.
        for (lan, packet) in std::mem::take(&mut self.seats[machine].waiting) {
            let arrived = packet.arrived();
            self.on(machine, |machine, at, observer| machine.receive(lan, arrived, at, observer));
        }
        self.on(machine, Machine::wake);
    }

    fn change(&mut self, change: Change) {
        self.tell(|| format!("{change:?}"));
        match change {
            Change::Start { machine } => self.on(machine, Machine::start),
            Change::Stop { machine } => {
                self.resume(machine);
                self.on(machine, Machine::stop);
            }
            Change::Crash { machine } => {
                self.resume(machine);
                self.on(machine, |machine, at, observer| {
                    machine.crash(at, observer);
                    Vec::new()
                });
            }
            Change::Pause { machine, span } => {
                if !self.seats[machine].is_paused {
                    self.seats[machine].is_paused = true;
                    let at = self.moment(machine);
                    for router in self.seats[machine].machine.routers().to_vec() {
                        self.observer.paused(router, true, at);
                    }
                    self.push(self.now + span, What::Resumes { machine });
                }
            }
            Change::ClockJumps { machine, ahead } => {
                self.seats[machine].clock.ahead += ahead;
                let at = self.moment(machine);
                for router in self.seats[machine].machine.routers().to_vec() {
                    self.observer.excused(router, at);
                }
                // Its wake-up comes sooner.
                self.on(machine, |_, _, _| Vec::new());
            }
            Change::Link { machine, lan, is_up } => {
                self.resume(machine);
                self.on(machine, |machine, at, observer| machine.link(lan, is_up, at, observer));
            }
            Change::Address { machine, lan, is_there } => {
                self.resume(machine);
                self.on(machine, |machine, at, observer| {
                    machine.address(lan, is_there, at, observer)
                });
            }
            Change::AddressesLost { machine } => {
                self.resume(machine);
                self.on(machine, Machine::lose_addresses);
            }
            Change::Refuses { machine, refuses } => self.seats[machine].machine.refuses = refuses,
            Change::Track { machine, item, is_up } => {
                self.resume(machine);
                self.on(machine, |machine, at, observer| machine.track(item, is_up, at, observer));
            }
            Change::Partition { machine, lan, partition } => self.part(machine, lan, partition),
            Change::Cut { lan, from, to } => {
                self.media[usize::from(lan)].cuts.insert((from, to));
                self.storm(lan);
            }
            Change::Medium { lan, loss, duplication, damage, more_delay } => {
                let medium = &mut self.media[usize::from(lan)];
                *medium = Medium {
                    loss,
                    duplication,
                    damage,
                    more_delay,
                    cuts: std::mem::take(&mut medium.cuts),
                };
                self.storm(lan);
            }
            Change::Forged { router, wrong, priority } => {
                let plan = self.plan;
                let (octets, to) = forge(&plan.described, router, wrong, priority);
                self.spread_forged(to, plan.described[router].key, &octets.into());
            }
            Change::Calm => self.calm(),
        }
    }

    fn calm(&mut self) {
        for lan in 0..self.plan.lans {
            self.media[usize::from(lan)] = Medium::default();
            self.storm(lan);
        }
        for machine in 0..self.seats.len() {
            self.resume(machine);
            self.seats[machine].machine.refuses = false;
            for lan in 0..self.plan.lans {
                self.part(machine, lan, 0);
                self.on(machine, |machine, at, observer| {
                    let mut sent = machine.link(lan, true, at, observer);
                    sent.extend(machine.address(lan, true, at, observer));
                    sent
                });
            }
        }
    }

    fn part(&mut self, machine: usize, lan: u8, partition: u8) {
        self.partitions[machine][usize::from(lan)] = partition;
        let routers = self.seats[machine].machine.routers().to_vec();
        let plan = self.plan;
        for router in routers.into_iter().filter(|router| plan.described[*router].key.0 == lan) {
            self.observer.moved(router, partition, self.now);
        }
    }

    fn storm(&mut self, lan: u8) {
        let is_stormy = self.media[usize::from(lan)].is_stormy();
        let mut elections: Vec<usize> = self
            .plan
            .described
            .iter()
            .filter(|router| router.key.0 == lan)
            .map(|router| router.election)
            .collect();
        elections.dedup();
        for election in elections {
            self.observer.storms(election, is_stormy, self.now);
        }
    }
}
