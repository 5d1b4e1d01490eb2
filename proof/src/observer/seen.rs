//! What is known of one router.

use std::time::Duration;

use vrrp_fsm::{State, Timestamp};

use super::SLACK;
use crate::described::Described;
use crate::property::Property;

/// What a router shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what a router shows")]
pub struct Look {
    /// Its state.
    pub state: State,
    /// When it wants to be woken.
    pub deadline: Option<Timestamp>,
}

impl Look {
    /// A router that was not started.
    pub const OFF: Self = Self { state: State::Initialize, deadline: None };
}

/// Something that a router needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "what a world can take away")]
pub enum Need {
    /// Its interface.
    Link,
    /// An address to send from.
    Address,
    /// A tracked item of weight 0.
    Tracked,
}

/// One router. Times are those of its machine.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) is_on: bool,
    pub(super) is_paused: bool,
    /// Bits of [`Need`].
    pub(super) missing: u8,
    pub(super) is_refused: bool,
    /// What tracking gives it.
    pub(super) priority: u8,
    pub(super) state: State,
    pub(super) holds: bool,
    pub(super) partition: u8,
    /// `Active_Adver_Interval`.
    pub(super) interval: Duration,
    /// When a Backup is to take over.
    pub(super) due: Timestamp,
    /// When it would if it preempted at once.
    pub(super) due_by_preemption: Timestamp,
    pub(super) preempts_from: Option<Timestamp>,
    pub(super) held_until: Timestamp,
    pub(super) last_sent: Timestamp,
    /// It could do nothing until then: what was due before is due now.
    pub(super) excused: Timestamp,
}

impl Seen {
    pub(super) fn new(described: &Described) -> Self {
        Self {
            is_on: false,
            is_paused: false,
            missing: 0,
            is_refused: false,
            priority: described.priority.get(),
            state: State::Initialize,
            holds: false,
            partition: 0,
            interval: described.interval(),
            due: Timestamp::EPOCH,
            due_by_preemption: Timestamp::EPOCH,
            preempts_from: None,
            held_until: Timestamp::EPOCH,
            last_sent: Timestamp::EPOCH,
            excused: Timestamp::EPOCH,
        }
    }

    pub(super) fn boot(&mut self, described: &Described, now: Timestamp) {
        let Self { missing, priority, partition, is_paused, .. } = *self;
        let held_until = now + described.startup_delay;
        *self = Self {
            is_on: true,
            missing,
            priority,
            partition,
            is_paused,
            held_until,
            ..Self::new(described)
        };
    }

    /// Whether it could be Active.
    pub(super) fn is_fit(&self) -> bool {
        self.is_on && !self.is_paused && self.missing == 0 && !self.is_refused
    }

    /// From when on it is late with the next thing that it has to do by itself.
    pub(super) fn late_from(&self, described: &Described) -> Option<Timestamp> {
        if !self.is_fit() {
            return None;
        }
        let since = match self.state {
            // A member of a group waits for the others.
            State::Backup if described.group.is_none() => self.due,
            State::Active => self.last_sent + described.interval(),
            _ => return None,
        };
        Some(since.max(self.excused) + SLACK)
    }

    /// What it is late with, and since when.
    pub(super) fn late(
        &self,
        described: &Described,
        now: Timestamp,
    ) -> Option<(Property, Timestamp)> {
        let since = self.late_from(described).filter(|since| *since < now)?;
        let is_backup = self.state == State::Backup;
        Some((if is_backup { Property::NotTooLate } else { Property::Advertises }, since))
    }
}

/// [`Seen`] with distances from now, for those who compare states.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SeenFromNow {
    flags: [bool; 4],
    missing: u8,
    priority: u8,
    state: State,
    partition: u8,
    interval: Duration,
    /// Each ahead, and behind as far as another priority can move it.
    waits: [(Duration, Duration); 2],
    preempts_in: Option<Duration>,
    held_for: Duration,
    sent_ago: Duration,
    excused: Duration,
}

impl Seen {
    pub(super) fn snapshot(&self, described: &Described, now: Timestamp) -> SeenFromNow {
        let until = |at: Timestamp| at.saturating_since(now);
        let is_backup = self.state == State::Backup;
        let most = described.interval() + 2 * SLACK;
        let ago = now.saturating_since(self.last_sent).min(most);
        SeenFromNow {
            flags: [self.is_on, self.is_paused, self.is_refused, self.holds],
            missing: self.missing,
            priority: self.priority,
            state: self.state,
            partition: self.partition,
            interval: if is_backup { self.interval } else { Duration::ZERO },
            waits: if is_backup {
                [self.due, self.due_by_preemption].map(|due| {
                    let most = self.interval.max(Duration::from_secs(1));
                    (until(due), now.saturating_since(due).min(most))
                })
            } else {
                [(Duration::ZERO, Duration::ZERO); 2]
            },
            preempts_in: self.preempts_from.filter(|_| is_backup).map(until),
            held_for: until(self.held_until),
            excused: until(self.excused),
            sent_ago: if self.state == State::Active { ago } else { Duration::ZERO },
        }
    }
}
