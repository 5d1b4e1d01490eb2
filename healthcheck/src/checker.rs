//! One check of one server: when it is run, and what its results mean.

use core::num::{NonZeroU16, NonZeroU32};
use core::time::Duration;

use crate::outcome::{Outcome, Weight};
use crate::time::Timestamp;

/// How a check is run. Every check is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckConfig {
    period: Duration,
    retries: u32,
    delay_before_retry: Duration,
    rise: NonZeroU32,
    warmup: Duration,
    limit: Option<Duration>,
    steps: NonZeroU16,
    pace: Pace,
    begins_failed: bool,
    hurries: bool,
    is_told: bool,
}

/// From where a period is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Pace {
    /// From the end of the run before.
    #[default]
    FromEnd,
    /// From its start.
    FromStart,
}

impl CheckConfig {
    /// A check that is run each `period` after the one before has ended, for the first time within the first period,
    /// and that may fail once before it counts, after a second. A period of zero is taken as a microsecond.
    pub fn new(period: Duration) -> Self {
        let period = period.max(Duration::from_micros(1));
        Self {
            period,
            retries: 1,
            delay_before_retry: Duration::from_secs(1),
            rise: NonZeroU32::MIN,
            warmup: period,
            limit: None,
            steps: NonZeroU16::MIN,
            pace: Pace::FromEnd,
            begins_failed: false,
            hurries: false,
            is_told: false,
        }
    }

    /// A check that is never run: its results come by themselves, as those of a file that is watched.
    pub fn told() -> Self {
        Self { is_told: true, retries: 0, ..Self::new(Duration::MAX) }
    }

    /// So many failures in a row do not count (default: 1). The first run of all has no such grace.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The time after a failure that does not count (default: 1 s).
    #[must_use]
    pub fn delay_before_retry(mut self, delay: Duration) -> Self {
        self.delay_before_retry = delay;
        self
    }

    /// So many successes in a row are needed to come up (default: 1).
    #[must_use]
    pub fn rise(mut self, rise: NonZeroU32) -> Self {
        self.rise = rise;
        self
    }

    /// The first run comes at a random time within this span (default: a period).
    #[must_use]
    pub fn warmup(mut self, warmup: Duration) -> Self {
        self.warmup = warmup;
        self
    }

    /// A run that takes longer has failed, and is to be ended (default: no limit).
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// It has several steps, one for each run; it comes up when it has gone through all (default: 1).
    #[must_use]
    pub fn steps(mut self, steps: NonZeroU16) -> Self {
        self.steps = steps;
        self
    }

    /// From where a period is counted (default: from the end of the run before).
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// It has failed until it succeeds (keepalived's `alpha`).
    #[must_use]
    pub fn begins_failed(mut self, begins_failed: bool) -> Self {
        self.begins_failed = begins_failed;
        self
    }

    /// When it is down and one step succeeds, the next follows at once (keepalived's `fast_recovery`).
    #[must_use]
    pub fn hurries(mut self, hurries: bool) -> Self {
        self.hurries = hurries;
        self
    }
}

/// The number of a run: a result that comes after its run was given up is known by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run(u64);

/// A fraction of a span, by which first runs are spread: the core draws no random numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phase(u32);

impl Phase {
    /// At once.
    pub const NOW: Self = Self(0);

    /// Of 2³² parts, so many. Give a random number.
    pub const fn of(fraction: u32) -> Self {
        Self(fraction)
    }

    fn span(self, whole: Duration) -> Duration {
        let part = u64::try_from((whole.as_nanos() * u128::from(self.0)) >> 32);
        Duration::from_nanos(part.unwrap_or(u64::MAX))
    }
}

/// What is known of a check, which another one of the same kind can go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    standing: Standing,
    has_run: bool,
    step: u16,
    weight: Weight,
}

impl Known {
    /// Whether the check finds the server fit.
    pub fn is_up(&self) -> bool {
        matches!(self.standing, Standing::Up { .. })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Up { failures: u32 },
    Down { successes: u32 },
}

#[derive(Clone, Copy, Debug)]
enum Activity {
    Waiting {
        until: Timestamp,
    },
    Running {
        run: Run,
        since: Timestamp,
        limit: Option<Timestamp>,
    },
    /// Suspended, or one that is told.
    Idle,
}

/// What is to be done for a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    Run { run: Run, step: u16 },
    End(Run),
}

/// One check.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    config: CheckConfig,
    known: Known,
    activity: Activity,
    runs: u64,
}

impl Checker {
    pub(crate) fn new(config: CheckConfig, now: Timestamp, phase: Phase) -> Self {
        let standing = match config.begins_failed {
            true => Standing::Down { successes: 0 },
            false => Standing::Up { failures: 0 },
        };
        let known = Known { standing, has_run: false, step: 0, weight: Weight::Configured };
        let activity = match config.is_told {
            true => Activity::Idle,
            false => Activity::Waiting { until: now + phase.span(config.warmup) },
        };
        Self { config, known, activity, runs: 0 }
    }

    pub(crate) fn known(&self) -> Known {
        self.known
    }

    pub(crate) fn is_up(&self) -> bool {
        self.known.is_up()
    }

    pub(crate) fn weight(&self) -> Weight {
        self.known.weight
    }

    /// Goes on from what another one has found.
    pub(crate) fn resume(&mut self, known: Known) {
        self.known = Known { step: known.step % self.config.steps, ..known };
    }

    /// It has failed until it succeeds, whatever its configuration says.
    pub(crate) fn fail(&mut self) {
        self.known.standing = Standing::Down { successes: 0 };
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self.activity {
            Activity::Waiting { until } => Some(until),
            Activity::Running { limit, .. } => limit,
            Activity::Idle => None,
        }
    }

    /// Begins a run that is due, or gives up one that takes too long.
    pub(crate) fn timer(&mut self, now: Timestamp) -> Option<Duty> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        match self.activity {
            Activity::Waiting { .. } => {
                self.runs += 1;
                let run = Run(self.runs);
                let limit = self.config.limit.map(|limit| now + limit);
                self.activity = Activity::Running { run, since: now, limit };
                Some(Duty::Run { run, step: self.known.step })
            }
            Activity::Running { run, since, .. } => {
                self.count(now, since, Outcome::Failure);
                Some(Duty::End(run))
            }
            Activity::Idle => None,
        }
    }

    /// Takes the result of a run; `false` when it is not the one that goes on.
    pub(crate) fn finished(&mut self, now: Timestamp, run: Run, outcome: Outcome) -> bool {
        match self.activity {
            Activity::Running { run: current, since, .. } if current == run => {
                self.count(now, since, outcome);
                true
            }
            _ => false,
        }
    }

    /// Takes a result that comes by itself.
    pub(crate) fn tell(&mut self, outcome: Outcome) {
        self.judge(outcome);
    }

    /// Ends what runs and runs nothing, or goes on. What is known stays.
    pub(crate) fn suspend(&mut self, now: Timestamp, is_suspended: bool) -> Option<Duty> {
        let ended = match (is_suspended, self.activity) {
            (true, Activity::Running { run, .. }) => Some(Duty::End(run)),
            _ => None,
        };
        match (is_suspended, self.activity) {
            (true, _) => self.activity = Activity::Idle,
            (false, Activity::Idle) if !self.config.is_told => {
                self.activity = Activity::Waiting { until: now };
            }
            (false, _) => {}
        }
        ended
    }

    fn count(&mut self, now: Timestamp, since: Timestamp, outcome: Outcome) {
        let delay = self.judge(outcome);
        let until = match self.config.pace {
            Pace::FromStart => (since + delay).max(now),
            Pace::FromEnd => now + delay,
        };
        self.activity = Activity::Waiting { until };
    }

    /// What the result means, and the time to the next run.
    fn judge(&mut self, outcome: Outcome) -> Duration {
        let CheckConfig { period, retries, delay_before_retry, steps, hurries, .. } = self.config;
        let known = &mut self.known;
        let is_first = !known.has_run;
        match outcome {
            Outcome::NotRun => period,
            Outcome::Success(weight) => {
                known.weight = weight;
                known.step += 1;
                let is_whole = known.step == steps.get();
                if is_whole {
                    known.step = 0;
                }
                known.has_run = true;
                match &mut known.standing {
                    Standing::Up { failures } => *failures = 0,
                    Standing::Down { successes } if is_whole => {
                        *successes += 1;
                        if *successes >= self.config.rise.get() {
                            known.standing = Standing::Up { failures: 0 };
                        }
                    }
                    Standing::Down { .. } if hurries => return Duration::ZERO,
                    Standing::Down { .. } => {}
                }
                period
            }
            Outcome::Failure => {
                known.has_run = true;
                match &mut known.standing {
                    // A server of which nothing good is known has no grace.
                    Standing::Up { failures } if *failures < retries && !is_first => {
                        *failures += 1;
                        delay_before_retry
                    }
                    standing => {
                        *standing = Standing::Down { successes: 0 };
                        period
                    }
                }
            }
        }
    }
}
