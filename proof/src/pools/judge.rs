//! What pools have to be, computed from what checks have found.

use std::time::Duration;

use healthcheck::{Member, Outcome, Run, Sorry, Timestamp, Who};

use super::claim::{CheckPlan, PoolPlan};

/// A check, by what it has found.
#[derive(Clone, Debug)]
pub(super) struct CheckSeen {
    pub(super) plan: CheckPlan,
    pub(super) is_up: bool,
    has_run: bool,
    in_a_row: u32,
    /// When it is to begin next; while it runs, when it is to be ended.
    pub(super) due: Timestamp,
    pub(super) running: Option<Run>,
}

impl CheckSeen {
    pub(super) fn new(plan: CheckPlan) -> Self {
        Self {
            plan,
            is_up: !plan.begins_failed,
            has_run: false,
            in_a_row: 0,
            due: Timestamp::EPOCH,
            running: None,
        }
    }

    /// A run begins.
    pub(super) fn begins(&mut self, now: Timestamp, run: Run) {
        self.running = Some(run);
        self.due = now + self.plan.limit;
    }

    /// It has ended with this.
    pub(super) fn found(&mut self, now: Timestamp, outcome: Outcome) {
        self.running = None;
        self.due = now + self.next(outcome);
    }

    /// The time to the next run.
    fn next(&mut self, outcome: Outcome) -> Duration {
        let CheckPlan { period, delay_before_retry, retries, rise, .. } = self.plan;
        let is_good = match outcome {
            Outcome::NotRun => return period,
            Outcome::Success(_) => true,
            Outcome::Failure => false,
        };
        let is_first = !std::mem::replace(&mut self.has_run, true);
        if is_good == self.is_up {
            self.in_a_row = 0;
            return period;
        }
        self.in_a_row += 1;
        let needed = match (is_good, is_first) {
            (true, _) => rise.get(),
            (false, true) => 1,
            (false, false) => retries + 1,
        };
        if self.in_a_row < needed {
            return if is_good { period } else { delay_before_retry };
        }
        self.is_up = is_good;
        self.in_a_row = 0;
        period
    }
}

/// Whether a pool has its quorum, presuming whether it had.
pub(super) fn has_quorum(plan: &PoolPlan, sum: u64, had: bool) -> bool {
    let whole: u64 = plan.servers.iter().map(|server| u64::from(server.weight)).sum();
    // What all of them do not reach is what they do.
    let quorum = u64::from(plan.quorum.get()).min(whole.max(1));
    let hysteresis = u64::from(plan.hysteresis).min(quorum - 1);
    let least = if had { quorum - hysteresis } else { (quorum + hysteresis).min(whole) };
    sum > 0 && sum >= least
}

/// The servers by their place, `None` for the sorry server, each with its weight.
pub(super) fn members(plan: &PoolPlan, up: &[bool], has_quorum: bool) -> Vec<(Option<usize>, u32)> {
    let is_sorry = plan.sorry.is_some() && !has_quorum;
    let mut members = Vec::new();
    for (place, (server, is_up)) in plan.servers.iter().zip(up).enumerate() {
        match (*is_up && !is_sorry, server.stays) {
            (true, _) => members.push((Some(place), server.weight)),
            (false, true) => members.push((Some(place), 0)),
            (false, false) => {}
        }
    }
    match (plan.sorry, is_sorry) {
        (Some(_), true) => members.push((None, 1)),
        (Some(Sorry::Stays), false) => members.push((None, 0)),
        _ => {}
    }
    members
}

/// The same of what a pool says.
pub(super) fn shown(
    members: impl Iterator<Item = Member>,
    place: impl Fn(healthcheck::ServerId) -> usize,
) -> Vec<(Option<usize>, u32)> {
    let one = |member: Member| match member.who {
        Who::Server(server) => (Some(place(server)), member.weight),
        Who::Sorry => (None, member.weight),
    };
    members.map(one).collect()
}
