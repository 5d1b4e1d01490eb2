//! Skew_Time, Active_Down_Interval (RFC 9568 section 6.1, RFC 3768 section 6.1) and what expires.

use vrrp_proto::{Interval, Priority, Version};

use super::{Phase, VirtualRouter};
use crate::action::{Action, Actions};
use crate::config::Config;
use crate::event::{Cause, Fault};

pub(super) const SECOND: u64 = 1_000_000_000;
const CENTISECOND: u64 = SECOND / 100;

#[inline]
pub(super) fn nanoseconds_of(interval: Interval) -> u64 {
    match interval {
        Interval::V2(seconds) => u64::from(seconds.get()) * SECOND,
        Interval::V3(centiseconds) => u64::from(centiseconds.get()) * CENTISECOND,
    }
}

/// `Skew_Time`: ((256 - priority) * Active_Adver_Interval) / 256 in VRRPv3, (256 - priority) / 256
/// seconds in VRRPv2.
#[inline]
pub(super) fn skew(active_interval: u64, priority: Priority, config: &Config) -> u64 {
    let unit = match config.version() {
        Version::V2 => SECOND,
        Version::V3 => active_interval,
    };
    (256 - u64::from(priority.get())) * unit / 256
}

/// `Active_Down_Interval`: 3 * Active_Adver_Interval + Skew_Time.
#[inline]
pub(super) fn active_down(active_interval: u64, priority: Priority, config: &Config) -> u64 {
    let intervals = u64::from(config.active_down_intervals.get());
    intervals * active_interval + skew(active_interval, priority, config)
}

impl VirtualRouter {
    #[inline]
    pub(super) fn active_down_interval(&self) -> u64 {
        active_down(self.active_interval, self.priority, &self.config)
    }

    #[inline]
    pub(super) fn expire_if_due(&mut self, actions: &mut Actions) {
        if self.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.expire(actions);
        }
    }

    /// What is due at `self.now`. Called when the deadline has come.
    fn expire(&mut self, actions: &mut Actions) {
        match self.phase {
            Phase::Initialize => {}
            Phase::Fault { .. } => self.clear_fault(Fault::AddressesRefused, actions),
            Phase::Backup { .. } if self.is_grouped => self.wish_to_be_active(),
            Phase::Backup { expecting, .. } => self.become_active(expecting, actions),
            Phase::Active { .. } => {
                self.advertise_when_due(actions);
                // It may be Active no more.
                self.announce_when_due(actions);
            }
        }
    }

    /// A member of a group becomes Active when all of them can. It goes on to listen until then.
    pub(super) fn wish_to_be_active(&mut self) {
        let deadline = self.now.after(self.active_down_interval());
        if let Phase::Backup { active_down, wants_active, .. } = &mut self.phase {
            *active_down = deadline;
            *wants_active = true;
        }
    }

    fn advertise_when_due(&mut self, actions: &mut Actions) {
        let own_interval = nanoseconds_of(self.config.interval());
        let Phase::Active { advertisement_due, last_sent, .. } = &mut self.phase else { return };
        if *advertisement_due > self.now {
            return;
        }
        if let Some(others) = self.config.yields_when_late
            && last_sent.after(active_down(own_interval, others, &self.config)) <= self.now
        {
            return self.yield_because_late(actions);
        }
        // Keep the phase, so that a late wake-up does not add up; but after a pause send one, not
        // one for every interval missed.
        let next = advertisement_due.after(own_interval);
        *advertisement_due = if next > self.now { next } else { self.now.after(own_interval) };
        // An answer that has just been sent was this one as well.
        if *last_sent < self.now {
            self.transmit(self.priority, actions);
        }
    }

    fn announce_when_due(&mut self, actions: &mut Actions) {
        if let Phase::Active { announcements, .. } = &mut self.phase
            && let Some(burst) = announcements.take_due(self.now, &self.config.announcements)
        {
            actions.push(Action::Announce(burst));
        }
    }

    /// A Backup that was made the owner does not wait for anybody.
    pub(super) fn own_addresses_at_once(&mut self, actions: &mut Actions) {
        if !self.priority.is_owner() {
            return;
        }
        if let Phase::Backup { expecting, .. } = &mut self.phase
            && self.now >= self.held_until
        {
            *expecting = Cause::Owner;
            match self.is_grouped {
                true => self.wish_to_be_active(),
                false => self.become_active(Cause::Owner, actions),
            }
        }
    }
}
