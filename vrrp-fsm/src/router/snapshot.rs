//! What decides how a router goes on.

use core::net::IpAddr;
use core::num::NonZeroU8;

use vrrp_proto::Priority;

use super::receive::answer_spacing;
use super::schedule::Schedule;
use super::timers::{SECOND, active_down, nanoseconds_of};
use super::{Phase, VirtualRouter};
use crate::event::Cause;
use crate::time::Timestamp;

/// Everything that decides what a router does from now on, with times as distances from now.
///
/// Routers with the same configuration and equal snapshots answer the same inputs in the same way, whenever that is:
/// a model checker can take such states for one. Statistics and what is only shown are not in it. It says nothing of a
/// router that is given [another configuration](VirtualRouter::reconfigure) later, or a `now` before the last one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snapshot {
    priority: Priority,
    primary_address: Option<IpAddr>,
    phase: Then,
    active_interval: u64,
    is_learned: bool,
    faults: u8,
    held_for: u64,
    is_grouped: bool,
    reported: u8,
}

/// [`Phase`] with distances; where only the order counts, what lies in the past is at no distance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Then {
    Initialize,
    Fault {
        retry: Option<u64>,
    },
    Backup {
        active_down: Away,
        preempt_from: Option<u64>,
        expecting: Cause,
        wants_active: bool,
    },
    Active {
        advertisement_due: Away,
        /// Counted back.
        last_sent: u64,
        announcements: (u8, u64, Option<(u64, NonZeroU8)>),
        contested_for: u64,
    },
}

/// How far a deadline lies ahead, or behind: a router that is late keeps its beat, and another priority moves what is overdue
/// as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Away {
    ahead: u64,
    behind: u64,
}

impl Away {
    /// From `most` behind on it does not matter how far.
    fn of(now: Timestamp, at: Timestamp, most: u64) -> Self {
        Self { ahead: distance(now, at), behind: distance(at, now).min(most) }
    }
}

impl VirtualRouter {
    /// What decides how it goes on from `now`.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let now = self.now.max(now);
        let until = |at: Timestamp| distance(now, at);
        let own_interval = nanoseconds_of(self.config.interval());
        Snapshot {
            priority: self.priority,
            primary_address: self.primary_address,
            phase: match self.phase {
                Phase::Initialize => Then::Initialize,
                Phase::Fault { retry } => Then::Fault { retry: retry.map(until) },
                Phase::Backup { active_down, preempt_from, expecting, wants_active } => {
                    Then::Backup {
                        // No priority moves it by more than Skew_Time can be.
                        active_down: Away::of(now, active_down, self.active_interval.max(SECOND)),
                        preempt_from: preempt_from.map(until),
                        expecting,
                        wants_active,
                    }
                }
                Phase::Active { advertisement_due, last_sent, announcements, contested_until } => {
                    Then::Active {
                        advertisement_due: Away::of(now, advertisement_due, own_interval),
                        last_sent: distance(last_sent, now).min(self.longest_age()),
                        announcements: match announcements {
                            Schedule::Settle { at, burst } => {
                                let burst = burst.map(|(at, times)| (until(at), times));
                                (0, until(at), burst)
                            }
                            Schedule::Burst { at, times } => (1, until(at), Some((0, times))),
                            Schedule::Refresh { at } => (2, until(at), None),
                            Schedule::Done => (3, 0, None),
                        },
                        contested_for: until(contested_until),
                    }
                }
            },
            active_interval: self.active_interval,
            is_learned: self.is_learned,
            faults: self.faults,
            held_for: until(self.held_until),
            is_grouped: self.is_grouped,
            reported: self.reported,
        }
    }

    /// From this age on it does not matter how old the last advertisement is.
    fn longest_age(&self) -> u64 {
        let own_interval = nanoseconds_of(self.config.interval());
        let late = self.config.yields_when_late;
        let late = late.map_or(0, |others| active_down(own_interval, others, &self.config));
        answer_spacing(&self.config).max(late).max(1)
    }
}

fn distance(from: Timestamp, to: Timestamp) -> u64 {
    crate::time::nanoseconds(to.saturating_since(from))
}
