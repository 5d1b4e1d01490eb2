//! The timers of the RFCs, computed from what a router heard.

use std::time::Duration;

use vrrp_fsm::proto::{Addresses, Advertisement, Version};
use vrrp_fsm::{Input, State, Timestamp};

use super::seen::Seen;
use super::{Moment, Observer};
use crate::described::{Described, length};
use crate::property::Property;

/// What an Active router does with an advertisement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Stays,
    Yields,
}

impl Observer {
    /// Whether a change of state is one that the RFC has, and what it means for the timers.
    pub(super) fn changed(
        &mut self,
        router: usize,
        at: Moment,
        input: Option<&Input<'_>>,
        before: State,
        after: State,
    ) {
        let described = &self.described[router];
        let seen = &mut self.seen[router];
        let is_grouped = described.group.is_some();
        let heard = match input {
            Some(Input::Advertisement { source, advertisement })
                if is_for(described, advertisement) && at.machine >= seen.held_until =>
            {
                Some((*source, *advertisement))
            }
            _ => None,
        };
        let now = at.machine;
        let mut wrong = None;
        match (before, after) {
            (State::Backup, State::Active) if !is_grouped && now < seen.due => {
                // The owner waits for nobody, once it takes part.
                let may = described.priority.is_owner() && now >= seen.held_until;
                if !may {
                    let is_preemption = now >= seen.due_by_preemption;
                    let property =
                        if is_preemption { Property::PreemptMode } else { Property::NotTooEarly };
                    wrong = Some((property, format!("it is {now}, due is {}", seen.due)));
                }
            }
            (State::Active, State::Active | State::Backup) => {
                let answer = heard.map_or(Answer::Stays, |(source, advertisement)| {
                    seen.answer(described, source, advertisement)
                });
                let is_right = (answer == Answer::Yields) == (after == State::Backup);
                if !is_right && !is_grouped {
                    let heard = heard.map(|(source, told)| (source, told.priority().get()));
                    let what = format!("{after} after {heard:?}, being {}", described.address);
                    wrong = Some((Property::RightfulActive, what));
                }
            }
            _ => {}
        }
        match (before, after) {
            (State::Backup, State::Backup) => {
                if let Some((_, advertisement)) = heard {
                    seen.hear(described, advertisement, now);
                }
                // A member of a group that could not become Active waits anew.
                if is_grouped && now >= seen.due {
                    seen.due = now + described.down(seen.interval, seen.priority);
                }
            }
            (_, State::Backup) => {
                let learned = heard.filter(|_| before == State::Active);
                seen.interval = described.interval();
                if let Some((_, advertisement)) = learned {
                    seen.learn(advertisement);
                }
                seen.wait(described, now);
            }
            _ => {}
        }
        if before == State::Fault && matches!(after, State::Backup | State::Active) {
            // It tries again, or another member of its group does.
            seen.is_refused = false;
            self.disturbed(router, at.world);
        }
        if before != State::Fault && after == State::Fault {
            // For what it misses, or another member of its group.
            self.disturbed(router, at.world);
        }
        if let Some((property, what)) = wrong {
            self.violate(property, at.world, router, || what);
        }
    }
}

impl Seen {
    /// A Backup that has heard nothing yet.
    fn wait(&mut self, described: &Described, now: Timestamp) {
        let begin = now.max(self.held_until);
        let waits_only = described.priority.is_owner() && begin > now;
        let wait =
            if waits_only { Duration::ZERO } else { described.down(self.interval, self.priority) };
        self.due = begin + wait;
        self.due_by_preemption = self.due;
        self.preempts_from = None;
    }

    fn learn(&mut self, advertisement: &Advertisement<'_>) {
        self.interval = length(advertisement.interval());
    }

    fn hear(&mut self, described: &Described, advertisement: &Advertisement<'_>, now: Timestamp) {
        if advertisement.priority().is_stopped() {
            let skewed = now + described.skew(self.interval, self.priority);
            self.due = self.due.min(skewed);
            self.due_by_preemption = self.due_by_preemption.min(skewed);
            return;
        }
        let is_lower = advertisement.priority().get() < self.priority;
        let is_accepted = if is_lower {
            let from = *self.preempts_from.get_or_insert(now + described.preempt_delay);
            !described.preempt || now < from
        } else {
            self.preempts_from = None;
            true
        };
        if is_accepted {
            self.learn(advertisement);
            self.due = now + described.down(self.interval, self.priority);
            if !is_lower {
                self.due_by_preemption = self.due;
            }
        }
    }

    fn answer(
        &self,
        described: &Described,
        source: std::net::IpAddr,
        advertisement: &Advertisement<'_>,
    ) -> Answer {
        let priority = advertisement.priority().get();
        // Section 7.1: the owner discards all.
        if priority == 0 || described.priority.is_owner() {
            return Answer::Stays;
        }
        let outranks = (priority, source) > (self.priority, described.address);
        if outranks { Answer::Yields } else { Answer::Stays }
    }

    /// Takes another priority; whether it is one.
    pub(super) fn weigh(&mut self, described: &Described, priority: u8, now: Timestamp) -> bool {
        let before = std::mem::replace(&mut self.priority, priority);
        if before == priority {
            return false;
        }
        if self.is_on && self.state == State::Backup {
            let (old, new) =
                (described.down(self.interval, before), described.down(self.interval, priority));
            for due in [&mut self.due, &mut self.due_by_preemption] {
                let shifted = (due.since_epoch() + new).saturating_sub(old);
                *due = Timestamp::from_epoch(shifted).max(now);
            }
        }
        true
    }
}

/// Section 7.1: the version is to be ours; in VRRPv2 the interval is too, and the addresses are unless the owner
/// advertises them.
fn is_for(described: &Described, advertisement: &Advertisement<'_>) -> bool {
    match advertisement.version() {
        Version::V2 => {
            let own = [described.virtual_ipv4()];
            let is_same =
                matches!(advertisement.addresses(), Addresses::V4(list) if list.iter().eq(own));
            advertisement.interval() == described.interval
                && (is_same || advertisement.priority().is_owner())
        }
        Version::V3 => matches!(described.interval, vrrp_fsm::proto::Interval::V3(_)),
    }
}
