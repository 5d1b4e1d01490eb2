//! How fast announcements may follow each other on an interface.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use vrrp_fsm::Timestamp;

use super::Item;
use crate::config::AnnouncementLimits;

/// Where announcements stand in line: an interface, or a group of interfaces, and the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::driver) enum Line {
    Interface(usize, bool),
    Group(usize, bool),
}

#[derive(Debug, Default)]
pub(in crate::driver) struct Limiter {
    limits: AnnouncementLimits,
    lines: BTreeMap<Line, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    interval: Duration,
    /// When the next may go.
    next: Timestamp,
    items: VecDeque<Item>,
}

/// What is to be done with an announcement.
pub(super) enum Turn {
    Now,
    /// It waits; the line has to be looked at then.
    Later(Line, Timestamp),
    /// It waits behind others.
    Queued,
}

impl Limiter {
    /// From now on these hold. What waits is forgotten: it is announced again soon enough.
    pub(in crate::driver) fn set(&mut self, limits: AnnouncementLimits) {
        self.limits = limits;
        self.lines.clear();
    }

    fn line(&self, interface: &str, place: usize, address: IpAddr) -> Option<(Line, Duration)> {
        let is_ipv6 = address.is_ipv6();
        let groups = self.limits.groups.iter().enumerate();
        let group = groups.into_iter().find(|(_, g)| g.interfaces.iter().any(|i| i == interface));
        let (line, (arp, advertisement)) = match group {
            Some((at, group)) => (Line::Group(at, is_ipv6), group.intervals),
            None => (Line::Interface(place, is_ipv6), self.limits.intervals),
        };
        let interval = if is_ipv6 { advertisement } else { arp };
        (!interval.is_zero()).then_some((line, interval))
    }

    pub(super) fn offer(
        &mut self,
        interface: &str,
        place: usize,
        item: Item,
        now: Timestamp,
    ) -> Turn {
        let Some((line, interval)) = self.line(interface, place, item.address) else {
            return Turn::Now;
        };
        let waiting = self.lines.entry(line).or_insert_with(|| Waiting {
            interval,
            next: now,
            items: VecDeque::new(),
        });
        if waiting.items.is_empty() && waiting.next <= now {
            waiting.next = now + interval;
            return Turn::Now;
        }
        waiting.items.push_back(item);
        if waiting.items.len() > 1 { Turn::Queued } else { Turn::Later(line, waiting.next) }
    }

    /// The next in the line that `is_wanted`, and when to look at it again.
    pub(super) fn next(
        &mut self,
        line: Line,
        now: Timestamp,
        is_wanted: impl Fn(&Item) -> bool,
    ) -> (Option<Item>, Option<Timestamp>) {
        let Some(waiting) = self.lines.get_mut(&line) else { return (None, None) };
        if waiting.next > now {
            return (None, (!waiting.items.is_empty()).then_some(waiting.next));
        }
        let mut next = None;
        while let Some(item) = waiting.items.pop_front() {
            if is_wanted(&item) {
                waiting.next = now + waiting.interval;
                next = Some(item);
                break;
            }
        }
        (next, (!waiting.items.is_empty()).then_some(waiting.next))
    }
}
