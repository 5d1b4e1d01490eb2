//! An advertisement has arrived: RFC 9568 sections 6.4.2, 6.4.3 and 7.1; RFC 3768 the same.

use core::cmp::Ordering;
use core::net::IpAddr;
use core::time::Duration;

use vrrp_proto::{Advertisement, Version};

use super::timers::{self, nanoseconds_of};
use super::{Phase, Report, VirtualRouter};
use crate::action::{Action, Actions};
use crate::config::{Config, OwnerConflict};
use crate::event::{Cause, Event};
use crate::time::nanoseconds;

/// A router answers a losing or stopping router at most so many times per interval: the first
/// answer, sent to the group, was for all of them, and nobody can make it flood the network.
const ANSWERS_PER_INTERVAL: u64 = 8;
/// A conflict that lasts is answered with announcements only so often.
const CONTEST_SPACING: Duration = Duration::from_secs(1);

/// Between an advertisement and an answer, in nanoseconds.
pub(super) fn answer_spacing(config: &Config) -> u64 {
    nanoseconds_of(config.interval()) / ANSWERS_PER_INTERVAL
}

impl VirtualRouter {
    #[inline]
    pub(super) fn receive(
        &mut self,
        source: IpAddr,
        advertisement: &Advertisement<'_>,
        actions: &mut Actions,
    ) {
        if matches!(self.phase, Phase::Initialize | Phase::Fault { .. }) {
            return;
        }
        if advertisement.vrid() != self.config.vrid {
            self.stats.vrid_errors += 1;
            return;
        }
        if self.is_of_another_kind(advertisement) {
            self.stats.version_errors += 1;
            return;
        }
        if self.now < self.held_until {
            self.stats.discarded_at_startup += 1;
            return;
        }
        let discards = self.config.owner_conflict == OwnerConflict::Discard;
        if discards && self.priority.is_owner() && matches!(self.phase, Phase::Active { .. }) {
            self.receive_as_owner(advertisement, actions);
            return;
        }
        if !self.agrees_with_configuration(advertisement, actions) {
            return;
        }
        self.stats.advertisements_received += 1;
        self.stats.priority_zero_received += u64::from(advertisement.priority().is_stopped());
        match self.phase {
            Phase::Backup { .. } => self.receive_in_backup(source, advertisement, actions),
            _ => self.receive_in_active(source, advertisement, actions),
        }
    }

    #[inline]
    fn is_of_another_kind(&self, advertisement: &Advertisement<'_>) -> bool {
        advertisement.version() != self.config.version()
            || matches!(advertisement.addresses(), vrrp_proto::Addresses::V6(_))
                != self.config.is_ipv6()
    }

    #[inline]
    pub(super) fn learn_interval(&mut self, advertisement: &Advertisement<'_>) {
        self.active_priority = Some(advertisement.priority());
        self.active_interval = nanoseconds_of(advertisement.interval());
        self.is_learned = advertisement.version() == Version::V3;
    }

    /// The checks of section 7.1 against the local configuration. Each version says in its own way
    /// what a difference means: RFC 3768 discards, RFC 9568 only tells.
    #[inline]
    fn agrees_with_configuration(
        &mut self,
        advertisement: &Advertisement<'_>,
        actions: &mut Actions,
    ) -> bool {
        let is_v2 = advertisement.version() == Version::V2;
        let mut agrees = true;
        if self.config.checks_addresses && !self.config.holds_addresses(advertisement.addresses()) {
            self.stats.address_list_errors += 1;
            self.report(Report::AddressListDiffers, Event::AddressListDiffers, actions);
            agrees &= !is_v2 || advertisement.priority().is_owner();
        }
        if advertisement.interval() != self.config.interval() {
            self.stats.interval_errors += 1;
            self.report(Report::IntervalDiffers, Event::IntervalDiffers, actions);
            agrees &= !is_v2;
        }
        agrees
    }

    #[inline]
    fn receive_in_backup(
        &mut self,
        source: IpAddr,
        advertisement: &Advertisement<'_>,
        actions: &mut Actions,
    ) {
        let now = self.now;
        if self.primary_address == Some(source) {
            self.same_address(actions);
        }
        let Phase::Backup { active_down, preempt_from, expecting, .. } = &mut self.phase else {
            return;
        };
        if advertisement.priority().is_stopped() {
            // "Set the Active_Down_Timer to Skew_Time". Never later than it was, so that repeated
            // zeros cannot keep everybody from taking over.
            let skew = timers::skew(self.active_interval, self.priority, &self.config);
            *active_down = (*active_down).min(now.after(skew));
            *expecting = Cause::ActiveStopped;
            return;
        }
        let is_accepted = if advertisement.priority() >= self.priority {
            *preempt_from = None;
            true
        } else {
            let delay = nanoseconds(self.config.preempt_delay);
            let from = *preempt_from.get_or_insert_with(|| now.after(delay));
            !self.config.preempt || now < from
        };
        if is_accepted {
            self.learn_interval(advertisement);
            let deadline = now.after(self.active_down_interval());
            if let Phase::Backup { active_down, expecting, wants_active, .. } = &mut self.phase {
                *active_down = deadline;
                *expecting = Cause::ActiveSilent;
                *wants_active = false;
            }
        } else {
            // "Discard the ADVERTISEMENT": the timer goes on and we take over when it expires.
            *expecting = Cause::Preemption;
        }
    }

    #[inline(never)]
    fn receive_in_active(
        &mut self,
        source: IpAddr,
        advertisement: &Advertisement<'_>,
        actions: &mut Actions,
    ) {
        if advertisement.priority().is_stopped() {
            let own_interval = nanoseconds_of(self.config.interval());
            if self.answer(actions)
                && let Phase::Active { advertisement_due, .. } = &mut self.phase
            {
                *advertisement_due = self.now.after(own_interval);
            }
            return;
        }
        // The order of addresses is their order as unsigned integers in network byte order (6.4.3).
        let against_ours = self.primary_address.map_or(Ordering::Less, |own| source.cmp(&own));
        match advertisement.priority().cmp(&self.priority).then(against_ours) {
            order
                if order != Ordering::Equal
                    && self.priority.is_owner()
                    && advertisement.priority().is_owner() =>
            {
                self.report(Report::OtherOwner, Event::OtherOwner, actions);
                match order {
                    Ordering::Greater => self.yield_to(advertisement, actions),
                    _ => self.contest(actions),
                }
            }
            Ordering::Greater => self.yield_to(advertisement, actions),
            Ordering::Equal => self.same_address(actions),
            Ordering::Less => {
                if self.config.answer_losing {
                    self.answer(actions);
                }
                self.contest(actions);
            }
        }
    }

    #[cold]
    fn same_address(&mut self, actions: &mut Actions) {
        self.stats.same_address += 1;
        self.report(Report::SameAddress, Event::SameAddress, actions);
    }

    /// Section 7.1: the owner discards every advertisement. It still has to win its neighbours back.
    fn receive_as_owner(&mut self, advertisement: &Advertisement<'_>, actions: &mut Actions) {
        self.stats.discarded_by_owner += 1;
        if advertisement.priority().is_owner() {
            self.report(Report::OtherOwner, Event::OtherOwner, actions);
        } else if !advertisement.priority().is_stopped() {
            self.contest(actions);
        }
    }

    /// Another router believes to be Active and loses: until it has heard us, neighbours may send
    /// to it.
    fn contest(&mut self, actions: &mut Actions) {
        self.stats.conflicts += 1;
        self.report(Report::OtherActive, Event::OtherActive, actions);
        if let Phase::Active { announcements, contested_until, .. } = &mut self.phase
            && self.now >= *contested_until
        {
            *contested_until = self.now + CONTEST_SPACING;
            if let Some(burst) = announcements.contest(self.now, &self.config.announcements) {
                actions.push(Action::Announce(burst));
            }
        }
    }

    /// Sends an advertisement at once, unless one has just left. Returns whether it did.
    fn answer(&mut self, actions: &mut Actions) -> bool {
        let spacing = answer_spacing(&self.config);
        let Phase::Active { last_sent, .. } = self.phase else { return false };
        let may = self.now >= last_sent.after(spacing);
        if may {
            self.transmit(self.priority, actions);
        }
        may
    }
}
