//! A LAN in virtual time: real state machines, real encoded packets, and a medium that delays, loses,
//! duplicates and damages them. The same seed and the same calls give the same run.

mod machine;
mod medium;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::Ipv4Addr;
use std::time::Duration;

use vrrp_fsm::{Config, Event, Input, State, Timestamp};
use vrrp_proto::Priority;

use crate::frame::Frame;
use machine::Machine;
pub use medium::Medium;

/// A simulated LAN.
#[derive(Debug)]
pub struct SimLan {
    now: Timestamp,
    medium: Medium,
    random: fastrand::Rng,
    machines: Vec<Machine>,
    packets: BinaryHeap<Reverse<InFlight>>,
    sent: u64,
    trace: Vec<Trace>,
    /// Every packet as it was sent, when it is asked for.
    recording: Option<Vec<Frame>>,
}

/// A packet on its way; ordered by arrival, and among equals by the order in which they were sent.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct InFlight {
    arrives: Timestamp,
    number: u64,
    receiver: usize,
    octets: Vec<u8>,
}

/// Something that a machine did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what a trace line says")]
pub struct Trace {
    /// When.
    pub at: Timestamp,
    /// Which machine.
    pub machine: usize,
    /// What.
    pub what: What,
}

/// What a machine did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// It sent an advertisement.
    Sent(Priority),
    /// It put the virtual addresses on its interface.
    Added,
    /// It took them off.
    Removed,
    /// It announced them so many times.
    Announced(u8),
    /// Its router told an event.
    Told(Event),
}

impl SimLan {
    /// An empty LAN.
    pub fn new(seed: u64, medium: Medium) -> Self {
        Self {
            now: Timestamp::EPOCH,
            medium,
            random: fastrand::Rng::with_seed(seed),
            machines: Vec::new(),
            packets: BinaryHeap::new(),
            sent: 0,
            trace: Vec::new(),
            recording: None,
        }
    }

    /// Records all packets from now on.
    pub fn record(&mut self) {
        self.recording.get_or_insert_default();
    }

    /// What was recorded.
    pub fn frames(&self) -> &[Frame] {
        self.recording.as_deref().unwrap_or_default()
    }

    /// Plugs in a machine that is off, and returns its number.
    pub fn add(&mut self, address: Ipv4Addr, config: Config) -> usize {
        self.machines.push(Machine::new(address, config));
        self.machines.len() - 1
    }

    /// Switches a machine on: a new process, which takes leftover addresses off and starts its router.
    pub fn start(&mut self, machine: usize) {
        self.machines[machine].boot();
        let address = self.machines[machine].address;
        self.input(machine, Input::PrimaryAddress(Some(address.into())));
        self.input(machine, Input::Startup);
    }

    /// Stops a router gracefully.
    pub fn stop(&mut self, machine: usize) {
        self.input(machine, Input::Shutdown);
        self.machines[machine].is_on = false;
    }

    /// The machine is gone from one moment to the next.
    pub fn crash(&mut self, machine: usize) {
        self.machines[machine].is_on = false;
    }

    /// Changes what the medium does to packets from now on.
    pub fn set_medium(&mut self, medium: Medium) {
        self.medium = medium;
    }

    /// Gives a router an input of the caller's choice.
    pub fn input(&mut self, machine: usize, input: Input<'_>) {
        if self.machines[machine].is_on {
            let actions = self.machines[machine].router.handle(self.now, input);
            self.perform(machine, actions);
        }
    }

    /// Lets time pass.
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// Lets time pass until then, or until a machine does something that `is_awaited`.
    pub fn run_until_trace(
        &mut self,
        end: Timestamp,
        is_awaited: impl Fn(&Trace) -> bool,
    ) -> Option<Trace> {
        let mut seen = self.trace.len();
        while self.step(end) {
            if let Some(found) = self.trace[seen..].iter().find(|trace| is_awaited(trace)) {
                return Some(*found);
            }
            seen = self.trace.len();
        }
        None
    }

    fn run_until(&mut self, end: Timestamp) {
        while self.step(end) {}
    }

    /// The next thing that happens up to `end`. A packet comes before a timer at the same moment.
    fn step(&mut self, end: Timestamp) -> bool {
        let packet = self.packets.peek().map(|Reverse(packet)| packet.arrives);
        let on = self.machines.iter().enumerate().filter(|(_, machine)| machine.is_on);
        let timer =
            on.filter_map(|(number, machine)| Some((machine.router.deadline()?, number))).min();
        match (packet, timer) {
            (Some(at), timer) if at <= end && timer.is_none_or(|(due, _)| at <= due) => {
                self.now = at;
                self.deliver();
                true
            }
            (_, Some((due, number))) if due <= end => {
                self.now = due;
                self.input(number, Input::Wake);
                true
            }
            _ => {
                self.now = end;
                false
            }
        }
    }

    fn deliver(&mut self) {
        let Some(Reverse(InFlight { receiver, octets, .. })) = self.packets.pop() else { return };
        if self.machines[receiver].is_on {
            let actions = self.machines[receiver].receive(self.now, &octets);
            self.perform(receiver, actions);
        }
    }

    fn perform(&mut self, machine: usize, actions: vrrp_fsm::Actions) {
        use vrrp_fsm::Action;
        for action in actions {
            let what = match action {
                Action::Transmit(priority) => {
                    self.transmit(machine, priority);
                    What::Sent(priority)
                }
                Action::AddAddresses | Action::ReplaceAddresses => What::Added,
                Action::RemoveAddresses => What::Removed,
                Action::Announce(times) => What::Announced(times.get()),
                Action::Notify(event) => What::Told(event),
            };
            self.trace.push(Trace { at: self.now, machine, what });
        }
    }

    fn transmit(&mut self, sender: usize, priority: Priority) {
        let octets = self.machines[sender].encode(priority);
        if let Some(recording) = &mut self.recording {
            recording.push(Frame::of_packet(self.now.since_epoch(), &octets));
        }
        for receiver in (0..self.machines.len()).filter(|receiver| *receiver != sender) {
            for (delay, octets) in self.medium.carry(&mut self.random, &octets) {
                self.sent += 1;
                let arrives = self.now + delay;
                let packet = InFlight { arrives, number: self.sent, receiver, octets };
                self.packets.push(Reverse(packet));
            }
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The state of a router; Initialize for a machine that is off.
    pub fn state(&self, machine: usize) -> State {
        let machine = &self.machines[machine];
        if machine.is_on { machine.router.state() } else { State::Initialize }
    }

    /// Everything that happened so far.
    pub fn trace(&self) -> &[Trace] {
        &self.trace
    }
}
