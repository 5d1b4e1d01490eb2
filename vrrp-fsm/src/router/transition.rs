//! From state to state.

use core::time::Duration;

use vrrp_proto::{Advertisement, Priority};

use super::schedule::Schedule;
use super::timers::nanoseconds_of;
use super::{Phase, VirtualRouter};
use crate::action::{Action, Actions};
use crate::event::{Cause, Event, Fault, State};
use crate::time::Timestamp;

/// What a member of a group does because another one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum GroupStep {
    /// Something that another member needs is missing, or all have what they need.
    Fault(bool),
    Active,
    Backup,
}

/// How long a router whose addresses were refused waits before it takes part again. Long, because
/// with every try it takes the role from a router that could do the work.
pub const ADDRESS_RETRY: Duration = Duration::from_secs(30);

impl VirtualRouter {
    /// RFC 9568 section 6.4.1, on a Startup event or when the last fault is gone.
    pub(super) fn start(&mut self, cause: Cause, actions: &mut Actions) {
        self.active_interval = nanoseconds_of(self.config.interval());
        self.is_learned = false;
        if cause == Cause::Startup {
            self.held_until = self.now + self.config.startup_delay;
        }
        if self.faults != 0 {
            let fault = self.faults().next().unwrap_or(Fault::NoPrimaryAddress);
            let is_refused = self.faults & Fault::AddressesRefused.bit() != 0;
            let retry = is_refused.then(|| self.now + ADDRESS_RETRY);
            self.enter(Phase::Fault { retry }, Cause::Fault(fault), actions);
            return;
        }
        let is_held = self.now < self.held_until;
        if self.priority.is_owner() && !is_held && !self.is_grouped {
            self.become_active(Cause::Owner, actions);
            return;
        }
        self.become_backup(cause, actions);
        self.own_addresses_at_once(actions);
    }

    pub(super) fn shut_down(&mut self, actions: &mut Actions) {
        self.faults &= !Fault::AddressesRefused.bit();
        self.leave(Phase::Initialize, Cause::Shutdown, actions);
    }

    /// Priority 0, then the addresses go, then the state changes.
    fn leave(&mut self, phase: Phase, cause: Cause, actions: &mut Actions) {
        if self.is(State::Active) {
            self.transmit(Priority::STOPPED, actions);
            actions.push(Action::RemoveAddresses);
        }
        self.enter(phase, cause, actions);
    }

    /// The advertisement first, so that the router before lets go of the addresses; then the
    /// addresses; then their announcement (6.4.1 (110) and 6.4.2 (345)).
    pub(super) fn become_active(&mut self, cause: Cause, actions: &mut Actions) {
        let own_interval = nanoseconds_of(self.config.interval());
        self.active_interval = own_interval;
        self.is_learned = false;
        let mut announcements = Schedule::Done;
        let burst = announcements.begin(self.now, &self.config.announcements);
        self.transmit(self.priority, actions);
        actions.push(Action::AddAddresses);
        actions.push(Action::Announce(burst));
        self.stats.became_active += 1;
        self.stats.active_cause = Some(cause);
        let phase = Phase::Active {
            advertisement_due: self.now.after(own_interval),
            last_sent: self.now,
            announcements,
            contested_until: Timestamp::EPOCH,
        };
        self.enter(phase, cause, actions);
    }

    fn become_backup(&mut self, cause: Cause, actions: &mut Actions) {
        let begin = self.now.max(self.held_until);
        // The owner waits for nobody but the delay after its start.
        let waits_only = self.priority.is_owner() && begin > self.now;
        let wait = if waits_only { 0 } else { self.active_down_interval() };
        let phase = Phase::Backup {
            active_down: begin.after(wait),
            preempt_from: None,
            expecting: if waits_only { Cause::Owner } else { Cause::ActiveSilent },
            wants_active: false,
        };
        self.enter(phase, cause, actions);
    }

    /// Section 6.4.3: the other router is the Active one, and learned from.
    pub(super) fn yield_to(&mut self, advertisement: &Advertisement<'_>, actions: &mut Actions) {
        if self.config.advertises_before_yielding {
            self.transmit(self.priority, actions);
        }
        self.learn_interval(advertisement);
        actions.push(Action::RemoveAddresses);
        self.become_backup(Cause::Outranked, actions);
    }

    /// Others must have taken over: whoever that is goes on.
    pub(super) fn yield_because_late(&mut self, actions: &mut Actions) {
        actions.push(Action::RemoveAddresses);
        self.become_backup(Cause::Late, actions);
    }

    /// Another member of the group has become Active, or has lost an election.
    pub(crate) fn follow(&mut self, now: Timestamp, step: GroupStep) -> Actions {
        self.now = self.now.max(now);
        let mut actions = Actions::none();
        match (step, self.phase) {
            (GroupStep::Fault(true), _) => self.set_fault(Fault::Group, &mut actions),
            (GroupStep::Fault(false), _) => self.clear_fault(Fault::Group, &mut actions),
            (GroupStep::Active, Phase::Backup { wants_active, expecting, .. })
                if !self.is_held() =>
            {
                let cause = if wants_active { expecting } else { Cause::Group };
                self.become_active(cause, &mut actions);
            }
            // The one that lost was outranked, so nobody has to be told with priority 0.
            (GroupStep::Backup, Phase::Active { .. }) => {
                actions.push(Action::RemoveAddresses);
                self.become_backup(Cause::Group, &mut actions);
            }
            _ => {}
        }
        actions
    }

    pub(super) fn set_fault(&mut self, fault: Fault, actions: &mut Actions) {
        self.faults |= fault.bit();
        let retry = (fault == Fault::AddressesRefused).then(|| self.now + ADDRESS_RETRY);
        match &mut self.phase {
            Phase::Initialize => {}
            Phase::Fault { retry: planned } => *planned = planned.or(retry),
            Phase::Backup { .. } | Phase::Active { .. } => {
                self.leave(Phase::Fault { retry }, Cause::Fault(fault), actions);
            }
        }
    }

    pub(super) fn clear_fault(&mut self, fault: Fault, actions: &mut Actions) {
        self.faults &= !fault.bit();
        if let Phase::Fault { retry } = &mut self.phase {
            if fault == Fault::AddressesRefused {
                *retry = None;
            }
            if self.faults == 0 {
                self.start(Cause::Recovered, actions);
            }
        }
    }

    fn enter(&mut self, phase: Phase, cause: Cause, actions: &mut Actions) {
        let from = self.state();
        self.phase = phase;
        let to = self.state();
        if from == to {
            return;
        }
        self.reported = 0;
        self.stats.released_active += u64::from(from == State::Active);
        self.stats.last_transition = Some(self.now);
        actions.push(Action::Notify(Event::StateChanged { from, to, cause }));
    }
}
