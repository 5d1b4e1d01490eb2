//! The processes of one check, and whether they are as many as they should be. Reads no clock.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use vrrp_io::fsm::Standing;

use super::TrackProcess;

/// When a check is content, and how slow it is to notice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    least: u32,
    most: Option<u32>,
    fork_delay: Duration,
    terminate_delay: Duration,
}

impl Rules {
    pub(super) fn of(check: &TrackProcess) -> Self {
        let least = if check.quorum_max == Some(0) { 0 } else { check.quorum };
        let (fork_delay, terminate_delay) = (check.fork_delay, check.terminate_delay);
        Self { least, most: check.quorum_max, fork_delay, terminate_delay }
    }
}

/// The processes of a check.
///
/// A process counts when it has run for the fork delay. When one that counts ends, its place counts for
/// the terminate delay, and a process that is too new to count takes it over: who restarts in time was
/// never away. If that one ends before it has run long enough, the place is there again for as long as
/// it would have been, so that what ends over and over is noticed.
///
/// Points in time are counted from an epoch of the caller's, and never go back.
#[derive(Debug)]
pub(super) struct Table {
    rules: Rules,
    running: BTreeMap<u32, Running>,
    /// The processes that do not count yet, with the time when they will.
    waiting: BTreeSet<(Duration, u32)>,
    /// The running ones that count.
    counting: usize,
    /// The places of those that ended, with the time until which they count.
    places: BinaryHeap<Reverse<Duration>>,
    has_begun: bool,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    birth: u64,
    /// From then on it counts by itself.
    ripe: Duration,
    counts: bool,
    /// It has the place of another, which counts until then.
    place: Option<Duration>,
}

impl Table {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            running: BTreeMap::new(),
            waiting: BTreeSet::new(),
            counting: 0,
            places: BinaryHeap::new(),
            has_begun: false,
        }
    }

    /// A process runs that the check is about.
    pub(super) fn runs(&mut self, now: Duration, pid: u32, birth: u64) {
        match self.running.get(&pid) {
            Some(known) if known.birth == birth => return self.advance(now),
            // The pid was used again.
            Some(_) => self.ends(now, pid),
            None => {}
        }
        let delay = if self.has_begun { self.rules.fork_delay } else { Duration::ZERO };
        let ripe = now.saturating_add(delay);
        self.running.insert(pid, Running { birth, ripe, counts: false, place: None });
        self.waiting.insert((ripe, pid));
        self.advance(now);
    }

    /// A process has ended, or the check is not about it any more.
    pub(super) fn ends(&mut self, now: Duration, pid: u32) {
        let Some(ended) = self.running.remove(&pid) else { return self.advance(now) };
        if ended.counts {
            self.counting -= 1;
            let until = match ended.place {
                Some(until) if ended.ripe > now => until,
                _ => now.saturating_add(self.rules.terminate_delay),
            };
            self.places.push(Reverse(until));
        } else {
            self.waiting.remove(&(ended.ripe, pid));
        }
        self.advance(now);
    }

    /// These processes run, and no others: their pids with their births. What runs the first time this is
    /// said counts at once.
    pub(super) fn only(&mut self, now: Duration, running: &BTreeMap<u32, u64>) {
        let known = self.running.keys().copied();
        let gone: Vec<u32> = known.filter(|pid| !running.contains_key(pid)).collect();
        for pid in gone {
            self.ends(now, pid);
        }
        for (pid, birth) in running {
            self.runs(now, *pid, *birth);
        }
        self.has_begun = true;
    }

    /// Does what was to happen until now.
    pub(super) fn advance(&mut self, now: Duration) {
        while self.places.peek().is_some_and(|Reverse(until)| *until <= now) {
            self.places.pop();
        }
        while let Some((ripe, pid)) = self.waiting.first().copied() {
            if ripe > now && self.places.is_empty() {
                break;
            }
            self.waiting.pop_first();
            let place = self.places.pop().map(|Reverse(until)| until);
            if let Some(running) = self.running.get_mut(&pid) {
                running.counts = true;
                running.place = place;
                self.counting += 1;
            }
        }
    }

    /// Whether it is about this process.
    pub(super) fn has(&self, pid: u32) -> bool {
        self.running.contains_key(&pid)
    }

    /// Whether as many processes count as should; unknown before the first [`only`](Self::only).
    pub(super) fn standing(&self) -> Standing {
        if !self.has_begun {
            return Standing::Unknown;
        }
        let count = number(self.counting + self.places.len());
        let is_most = self.rules.most.is_none_or(|most| count <= most);
        Standing::from(count >= self.rules.least && is_most)
    }

    /// When [`advance`](Self::advance) has something to do, if nothing happens before.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let place = self.places.peek().map(|Reverse(until)| *until);
        let waiting = self.waiting.first().map(|(ripe, _)| *ripe);
        place.into_iter().chain(waiting).min()
    }

    /// The processes that run.
    pub(super) fn running(&self) -> u32 {
        number(self.running.len())
    }

    pub(super) fn is_fork_delay_running(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn is_terminate_delay_running(&self) -> bool {
        !self.places.is_empty()
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
