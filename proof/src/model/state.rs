//! A state, and what can happen in it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use vrrp_fsm::Timestamp;
use vrrp_fsm::proto::Authentication;

use crate::described::Described;
use crate::machine::{Arrived, Machine, Sent};
use crate::mistake::Mistake;
use crate::observer::{Moment, Observer};
use crate::property::Violated;

/// How often something may happen that no router does by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "plain numbers of a test")]
pub struct Budget {
    /// Packets that are lost.
    pub losses: u8,
    /// Packets that arrive twice.
    pub duplicates: u8,
    /// Packets that arrive with a wrong octet.
    pub damages: u8,
    /// Machines that crash, stop or start again.
    pub powers: u8,
    /// Machines that do nothing for a while.
    pub pauses: u8,
    /// Tracked items that change.
    pub tracks: u8,
    /// Interfaces that go down or come up.
    pub links: u8,
}

/// So many packets wait for a machine that does nothing; more are lost.
const SOCKET: usize = 2;

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "what a path says")]
pub enum Step {
    /// A packet arrives.
    Deliver(usize),
    /// A packet is lost.
    Lose(usize),
    /// A packet arrives, and will again.
    Duplicate(usize),
    /// A packet arrives with a wrong octet.
    Damage(usize),
    /// Time passes until something is due.
    Tick,
    /// What is due on a machine is done.
    Wake(usize),
    /// A machine starts.
    Start(usize),
    /// It stops as it should.
    Stop(usize),
    /// It is gone.
    Crash(usize),
    /// It does nothing.
    Pause(usize),
    /// It goes on.
    Resume(usize),
    /// Its tracked item changes.
    Track(usize),
    /// Its interface changes.
    Link(usize),
}

/// A packet on its way.
#[derive(Clone, Debug)]
struct Flight {
    to: usize,
    octets: Arc<[u8]>,
    /// When it has arrived.
    latest: Timestamp,
}

/// Machines, packets, and what is known of both.
#[derive(Clone, Debug)]
pub struct State {
    now: Timestamp,
    delay: Duration,
    machines: Vec<Machine>,
    is_paused: Vec<bool>,
    is_up: Vec<bool>,
    is_tracked: Vec<bool>,
    packets: Vec<Flight>,
    budget: Budget,
    observer: Observer,
}

impl State {
    /// All machines have just started.
    pub(super) fn new(
        described: &Arc<[Described]>,
        machines: usize,
        delay: Duration,
        budget: Budget,
        mistake: Option<Mistake>,
    ) -> Self {
        // What proves packets is not part of a state.
        assert!(described.iter().all(|router| router.authentication == Authentication::None));
        let configured = described.iter().map(Described::configured).collect();
        let mut state = Self {
            now: Timestamp::EPOCH,
            delay,
            machines: (0..machines)
                .map(|number| Machine::new(number, described, &configured, mistake))
                .collect(),
            is_paused: vec![false; machines],
            is_up: vec![true; machines],
            is_tracked: vec![true; machines],
            packets: Vec::new(),
            budget,
            observer: Observer::new(Arc::clone(described), delay),
        };
        for machine in 0..machines {
            let at = state.moment();
            let sent = state.machines[machine].start(at, &mut state.observer);
            state.send(machine, sent);
        }
        state
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn violated(&self) -> Violated {
        self.observer.violated()
    }

    /// What did not hold, in words.
    pub(super) fn violations(&self) -> String {
        let words = self.observer.violations().iter();
        let words = words.map(|found| format!("{} of {}: {}", found.at, found.router, found.what));
        words.collect::<Vec<_>>().join("; ")
    }

    fn moment(&self) -> Moment {
        Moment { world: self.now, machine: self.now }
    }

    fn send(&mut self, from: usize, sent: Vec<Sent>) {
        for Sent { octets, to: receiver, .. } in sent {
            let octets: Arc<[u8]> = octets.into();
            let is_for = |to: usize| to != from && receiver.is_none_or(|receiver| receiver == to);
            for to in (0..self.machines.len()).filter(|to| is_for(*to)) {
                let waiting = self.packets.iter().filter(|packet| packet.to == to).count();
                let has_room = !self.is_paused[to] || waiting < SOCKET;
                if self.machines[to].is_on() && self.is_up[to] && self.is_up[from] && has_room {
                    let (octets, latest) = (Arc::clone(&octets), self.now + self.delay);
                    self.packets.push(Flight { to, octets, latest });
                }
            }
        }
    }

    fn is_due(&self, machine: usize) -> bool {
        let is_late = |packet: &Flight| packet.to == machine && packet.latest < self.now;
        !self.is_paused[machine]
            && self.machines[machine].deadline().is_some_and(|deadline| deadline <= self.now)
            // A driver empties its sockets first.
            && !self.packets.iter().any(is_late)
    }

    pub(super) fn steps(&self, steps: &mut Vec<Step>) {
        let budget = &self.budget;
        let mut must = false;
        for (number, packet) in self.packets.iter().enumerate() {
            if self.is_paused[packet.to] {
                continue;
            }
            must |= packet.latest <= self.now;
            let before = &self.packets[..number];
            if before.iter().any(|other| other.to == packet.to && other.octets == packet.octets) {
                continue;
            }
            steps.push(Step::Deliver(number));
            steps.extend((budget.losses > 0).then_some(Step::Lose(number)));
            steps.extend((budget.duplicates > 0).then_some(Step::Duplicate(number)));
            steps.extend((budget.damages > 0).then_some(Step::Damage(number)));
        }
        for machine in 0..self.machines.len() {
            if self.is_due(machine) {
                must = true;
                steps.push(Step::Wake(machine));
            }
            if self.is_paused[machine] {
                steps.push(Step::Resume(machine));
                continue;
            }
            let is_on = self.machines[machine].is_on();
            if budget.powers > 0 {
                match is_on {
                    true => steps.extend([Step::Stop(machine), Step::Crash(machine)]),
                    false => steps.push(Step::Start(machine)),
                }
            }
            steps.extend((is_on && budget.pauses > 0).then_some(Step::Pause(machine)));
            steps.extend((is_on && budget.tracks > 0).then_some(Step::Track(machine)));
            steps.extend((is_on && budget.links > 0).then_some(Step::Link(machine)));
        }
        if !must {
            steps.push(Step::Tick);
        }
    }

    pub(super) fn perform(&mut self, step: Step) {
        let at = self.moment();
        match step {
            Step::Deliver(number) => self.deliver(number, false),
            Step::Damage(number) => {
                self.budget.damages -= 1;
                let router = self.router_of(self.packets[number].to);
                self.observer.disturbed(router, self.now);
                self.deliver(number, true);
            }
            Step::Lose(number) => {
                self.budget.losses -= 1;
                let lost = self.packets.remove(number);
                let router = self.router_of(lost.to);
                self.observer.disturbed(router, self.now);
            }
            Step::Duplicate(number) => {
                self.budget.duplicates -= 1;
                let again = self.packets[number].clone();
                self.deliver(number, false);
                self.packets.push(again);
            }
            Step::Tick => self.tick(),
            Step::Wake(machine) => {
                let sent = self.machines[machine].wake(at, &mut self.observer);
                self.send(machine, sent);
            }
            Step::Start(machine) => {
                self.budget.powers -= 1;
                let sent = self.machines[machine].start(at, &mut self.observer);
                self.send(machine, sent);
            }
            Step::Stop(machine) => {
                self.budget.powers -= 1;
                let sent = self.machines[machine].stop(at, &mut self.observer);
                self.send(machine, sent);
                self.packets.retain(|packet| packet.to != machine);
            }
            Step::Crash(machine) => {
                self.budget.powers -= 1;
                self.machines[machine].crash(at, &mut self.observer);
                self.packets.retain(|packet| packet.to != machine);
            }
            Step::Pause(machine) => {
                self.budget.pauses -= 1;
                self.pause(machine, true);
            }
            Step::Resume(machine) => self.pause(machine, false),
            Step::Track(machine) => {
                self.budget.tracks -= 1;
                self.is_tracked[machine] ^= true;
                let is_up = self.is_tracked[machine];
                let sent = self.machines[machine].track(0, is_up, at, &mut self.observer);
                self.send(machine, sent);
            }
            Step::Link(machine) => {
                self.budget.links -= 1;
                self.is_up[machine] ^= true;
                let is_up = self.is_up[machine];
                let sent = self.machines[machine].link(0, is_up, at, &mut self.observer);
                self.packets.retain(|packet| packet.to != machine || is_up);
                self.send(machine, sent);
            }
        }
        // Timers are looked at when time passes; here only who is Active.
    }

    fn deliver(&mut self, number: usize, is_damaged: bool) {
        let Flight { to, octets, .. } = self.packets.remove(number);
        let mut octets = octets.to_vec();
        if is_damaged && let Some(last) = octets.last_mut() {
            *last ^= 1;
        }
        let at = self.moment();
        let arrived = Arrived { octets: &octets, is_forged: false };
        let sent = self.machines[to].receive(0, arrived, at, &mut self.observer);
        self.send(to, sent);
    }

    fn pause(&mut self, machine: usize, is_paused: bool) {
        self.is_paused[machine] = is_paused;
        let at = self.moment();
        for router in self.machines[machine].routers().to_vec() {
            self.observer.paused(router, is_paused, at);
        }
    }

    fn router_of(&self, machine: usize) -> usize {
        self.machines[machine].routers()[0]
    }

    fn tick(&mut self) {
        let running = (0..self.machines.len()).filter(|machine| !self.is_paused[*machine]);
        let timers = running.filter_map(|machine| self.machines[machine].deadline());
        let packets = self.packets.iter().filter(|packet| !self.is_paused[packet.to]);
        let packets = packets.map(|packet| packet.latest);
        let looks = self.observer.next_look(self.now);
        if let Some(next) = timers.chain(packets).chain(looks).min() {
            self.now = self.now.max(next);
        }
        let now = self.now;
        self.observer.tick(now, |_| now);
    }

    /// What makes two states one.
    fn essence(&self) -> impl Hash + PartialEq {
        let now = self.now;
        let mut packets: Vec<_> = self
            .packets
            .iter()
            .map(|packet| {
                (
                    packet.to,
                    packet.latest.saturating_since(now),
                    packet.latest < now,
                    Arc::clone(&packet.octets),
                )
            })
            .collect();
        // Any of them can be the next.
        packets.sort();
        let machines: Vec<_> = self.machines.iter().map(|machine| machine.snapshot(now)).collect();
        let flags = (self.is_paused.clone(), self.is_up.clone(), self.is_tracked.clone());
        (machines, flags, packets, self.budget, self.observer.snapshot(now))
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.essence().hash(hasher);
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.essence() == other.essence()
    }
}
