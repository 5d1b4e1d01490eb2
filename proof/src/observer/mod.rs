//! Watches routers and says which property does not hold. All layers use it: whoever has routers tells it what these
//! were given and what they did.
//!
//! It knows nothing of how a router decides. It computes the timers of the RFCs from what a router is described as.

mod election;
mod seen;
mod timers;

use std::sync::Arc;
use std::time::Duration;

use vrrp_fsm::{Action, Input, State, Timestamp};

use crate::described::Described;
use crate::property::{Property, Violated};
use election::{Election, ElectionFromNow};
pub use seen::{Look, Need};
use seen::{Seen, SeenFromNow};

/// What a virtual clock may round away.
const SLACK: Duration = Duration::from_micros(1);

/// When something happens: by the world's clock, and by that of the machine.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "two clocks")]
pub struct Moment {
    /// The world's.
    pub world: Timestamp,
    /// The machine's.
    pub machine: Timestamp,
}

/// A property that does not hold.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what a report says")]
pub struct Violation {
    /// Which one.
    pub property: Property,
    /// When, by the world's clock.
    pub at: Timestamp,
    /// Of which router, or of one in whose election it is.
    pub router: usize,
    /// What was seen.
    pub what: String,
}

/// What decides how an observer judges from now on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObserverSnapshot {
    seen: Vec<SeenFromNow>,
    elections: Vec<ElectionFromNow>,
    violated: Violated,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Observer {
    described: Arc<[Described]>,
    seen: Vec<Seen>,
    elections: Vec<Election>,
    violated: Violated,
    first: Vec<Violation>,
}

impl Observer {
    /// Watches these routers, all of which are off. A packet takes at most `delay`.
    pub fn new(described: Arc<[Described]>, delay: Duration) -> Self {
        let count = described.iter().map(|router| router.election + 1).max().unwrap_or(0);
        let elections = (0..count).map(|number| Election::new(&described, number, delay)).collect();
        let seen = described.iter().map(Seen::new).collect();
        Self { described, seen, elections, violated: Violated::default(), first: Vec::new() }
    }

    /// What did not hold so far.
    pub fn violated(&self) -> Violated {
        self.violated
    }

    /// The first violation of each property.
    pub fn violations(&self) -> &[Violation] {
        &self.first
    }

    fn violate(
        &mut self,
        property: Property,
        at: Timestamp,
        router: usize,
        what: impl FnOnce() -> String,
    ) {
        if !self.violated.has(property) {
            self.violated.add(property);
            self.first.push(Violation { property, at, router, what: what() });
        }
    }

    /// A router starts, with nothing known and no address on the interface.
    pub fn started(&mut self, router: usize, at: Moment) {
        let seen = &mut self.seen[router];
        let described = &self.described[router];
        seen.boot(described, at.machine);
        self.disturbed(router, at.world);
    }

    /// A router is gone, with its addresses.
    pub fn ended(&mut self, router: usize, at: Moment) {
        self.seen[router].is_on = false;
        self.seen[router].state = State::Initialize;
        self.seen[router].holds = false;
        self.disturbed(router, at.world);
    }

    /// Something that a router needs is missing, or is back.
    pub fn needs(&mut self, router: usize, need: Need, is_missing: bool, at: Moment) {
        let bit = 1 << need as u8;
        let seen = &mut self.seen[router];
        let before = seen.missing;
        seen.missing = if is_missing { before | bit } else { before & !bit };
        if before != self.seen[router].missing {
            self.disturbed(router, at.world);
        }
    }

    /// The addresses of a router are being refused.
    pub fn refused(&mut self, router: usize, at: Moment) {
        self.seen[router].is_refused = true;
        self.disturbed(router, at.world);
    }

    /// Somebody else took the addresses off.
    pub fn addresses_lost(&mut self, router: usize) {
        self.seen[router].holds = false;
    }

    /// Tracking gives another priority from now on.
    pub fn weighs(&mut self, router: usize, priority: u8, at: Moment) {
        let described = &self.described[router];
        if self.seen[router].weigh(described, priority, at.machine) {
            self.disturbed(router, at.world);
        }
    }

    /// The machine of a router does nothing for a while, or goes on.
    pub fn paused(&mut self, router: usize, is_paused: bool, at: Moment) {
        self.seen[router].is_paused = is_paused;
        self.excused(router, at);
    }

    /// The clock of its machine jumped: what was due meanwhile is not late.
    pub fn excused(&mut self, router: usize, at: Moment) {
        self.seen[router].excused = at.machine;
        self.disturbed(router, at.world);
    }

    /// The network of a router is no longer as it was.
    pub fn disturbed(&mut self, router: usize, world: Timestamp) {
        let election = self.described[router].election;
        self.elections[election].disturb(world);
        // Who is there may be others.
        self.check_election(election, world);
    }

    /// A router can hear those of the same partition.
    pub fn moved(&mut self, router: usize, partition: u8, world: Timestamp) {
        self.seen[router].partition = partition;
        self.disturbed(router, world);
    }

    /// The network of an election loses packets, or routers hear others that do not hear them; or this is over.
    pub fn storms(&mut self, election: usize, is_stormy: bool, world: Timestamp) {
        self.elections[election].is_stormy = is_stormy;
        self.elections[election].disturb(world);
    }

    /// A router was given an input, or with `None` follows its group, and did this.
    pub fn handled(
        &mut self,
        router: usize,
        at: Moment,
        input: Option<&Input<'_>>,
        before: Look,
        actions: &[Action],
        after: Look,
    ) {
        self.in_time(router, at);
        if let Some(Input::Rejected(_)) = input
            && (before != after || !actions.is_empty())
        {
            let what = || format!("{before:?} became {after:?}, {actions:?}");
            self.violate(Property::RejectedMovesNothing, at.world, router, what);
        }
        self.performed(router, at, before.state, actions, after.state);
        self.changed(router, at, input, before.state, after.state);
        if before.state != after.state {
            self.seen[router].state = after.state;
            self.check_election(self.described[router].election, at.world);
        }
    }

    /// Something that decides how a router goes on was changed by a packet that a check refused.
    pub fn moved_by_rejected(&mut self, router: usize, at: Moment) {
        let what = || "something that does not show has changed".to_owned();
        self.violate(Property::RejectedMovesNothing, at.world, router, what);
    }

    /// The actions come in their order.
    fn performed(
        &mut self,
        router: usize,
        at: Moment,
        before: State,
        actions: &[Action],
        after: State,
    ) {
        let held = self.seen[router].holds;
        let (mut holds, mut sent, mut goodbye, mut told) = (held, false, false, false);
        for action in actions {
            match action {
                Action::Transmit(priority) if priority.is_stopped() => {
                    goodbye = true;
                    if !holds {
                        let what = || "priority 0 after the addresses".to_owned();
                        self.violate(Property::GoodbyeComesFirst, at.world, router, what);
                    }
                }
                Action::Transmit(priority) => {
                    sent = true;
                    self.seen[router].last_sent = at.machine;
                    let expected = self.seen[router].priority;
                    if priority.get() != expected {
                        let what = || format!("priority is {priority}, tracking says {expected}");
                        self.violate(Property::TrackingDecides, at.world, router, what);
                    }
                }
                Action::AddAddresses | Action::ReplaceAddresses => holds = true,
                Action::RemoveAddresses => holds = false,
                Action::Announce(_) => {
                    told = holds;
                    if !holds {
                        let what = || "addresses are announced that are not there".to_owned();
                        self.violate(Property::TakeoverIsAnnounced, at.world, router, what);
                    }
                }
                Action::Notify(_) => {}
            }
        }
        self.seen[router].holds = holds;
        let is_active = after == State::Active;
        if before != State::Active && is_active && !(sent && told) {
            let what = || format!("{actions:?}");
            self.violate(Property::TakeoverIsAnnounced, at.world, router, what);
        }
        let is_leaving = matches!(after, State::Fault | State::Initialize);
        if before == State::Active && is_leaving && !goodbye {
            let what = || format!("{actions:?}");
            self.violate(Property::GoodbyeComesFirst, at.world, router, what);
        }
        if holds != is_active {
            let what = || format!("{after}, and the addresses are there: {holds}");
            self.violate(Property::AddressesWithTheRole, at.world, router, what);
        }
        let seen = &self.seen[router];
        let takes_part = matches!(after, State::Backup | State::Active);
        let needs = seen.missing != 0;
        let is_alone = self.described[router].group.is_none();
        if seen.is_on && (takes_part == needs) && (needs || (is_alone && !seen.is_refused)) {
            let what = || format!("{after}, and something is missing: {needs}");
            if after != State::Initialize {
                self.violate(Property::TrackingDecides, at.world, router, what);
            }
        }
    }

    /// What is late now is so already.
    fn in_time(&mut self, router: usize, at: Moment) {
        let described = &self.described[router];
        let Some((property, since)) = self.seen[router].late(described, at.machine) else { return };
        let what = || format!("since {since}, and it is {}", at.machine);
        self.violate(property, at.world, router, what);
    }

    /// Looks at what no input shows: that something did not happen. `machine` says a router's own time.
    pub fn tick(&mut self, world: Timestamp, machine: impl Fn(usize) -> Timestamp) {
        for router in 0..self.seen.len() {
            self.in_time(
                router,
                Moment { world, machine: machine(self.described[router].machine) },
            );
        }
        for election in 0..self.elections.len() {
            self.check_election(election, world);
        }
    }

    /// Members of a group have followed each other.
    pub fn settled(&mut self, machine: usize, world: Timestamp) {
        let of_machine = |router: &usize| self.described[*router].machine == machine;
        let members: Vec<usize> = (0..self.seen.len())
            .filter(of_machine)
            .filter(|router| self.described[*router].group.is_some() && self.seen[*router].is_on)
            .collect();
        for router in &members {
            let group = self.described[*router].group;
            let all = members.iter().filter(|other| self.described[**other].group == group);
            let all: Vec<&Seen> = all.map(|other| &self.seen[*other]).collect();
            let active = all.iter().filter(|seen| seen.state == State::Active).count();
            let is_whole = all.iter().all(|seen| seen.missing == 0);
            let started = all.iter().all(|seen| seen.state != State::Initialize);
            if started && active != 0 && (active != all.len() || !is_whole) {
                let what = || format!("{active} members are Active, and all are fit: {is_whole}");
                return self.violate(Property::GroupsMoveTogether, world, *router, what);
            }
        }
    }

    /// What decides how it judges from now on, where all clocks are one.
    pub fn snapshot(&self, now: Timestamp) -> ObserverSnapshot {
        let routers = self.seen.iter().zip(self.described.iter());
        ObserverSnapshot {
            seen: routers.map(|(seen, described)| seen.snapshot(described, now)).collect(),
            elections: self.elections.iter().map(|election| election.snapshot(now)).collect(),
            violated: self.violated,
        }
    }

    /// When it wants to [look](Self::tick) next, where all clocks are one.
    pub fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        let routers = self.seen.iter().zip(self.described.iter());
        let due = routers.filter_map(|(seen, described)| seen.late_from(described));
        let elections = self.elections.iter().flat_map(Election::looks);
        due.chain(elections).filter(|at| *at > now).min()
    }
}
