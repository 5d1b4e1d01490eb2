//! The clock of a machine.

use std::time::Duration;

use vrrp_fsm::Timestamp;

/// A monotonic clock that runs fast or slow, and may jump ahead.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// Parts in a million that it is too fast.
    pub(super) drift: i32,
    pub(super) ahead: Duration,
}

const MILLION: i128 = 1_000_000;

impl Clock {
    /// What it shows.
    pub(super) fn read(&self, world: Timestamp) -> Timestamp {
        let elapsed = nanoseconds(world.since_epoch());
        let shown = elapsed + elapsed * i128::from(self.drift) / MILLION + nanoseconds(self.ahead);
        Timestamp::from_epoch(duration(shown))
    }

    /// When it shows this.
    pub(super) fn world(&self, shown: Timestamp) -> Timestamp {
        let own = nanoseconds(shown.since_epoch()) - nanoseconds(self.ahead);
        let scale = MILLION + i128::from(self.drift);
        let guess = (own * MILLION).div_euclid(scale);
        let found = (guess..).find(|at| self.read(Timestamp::from_epoch(duration(*at))) >= shown);
        Timestamp::from_epoch(duration(found.unwrap_or(guess)))
    }
}

fn nanoseconds(span: Duration) -> i128 {
    i128::try_from(span.as_nanos()).unwrap_or(i128::MAX)
}

fn duration(nanoseconds: i128) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_a_time_first_when_it_says_so() {
        for drift in [-200, -1, 0, 1, 200] {
            let clock = Clock { drift, ahead: Duration::from_millis(7) };
            for nanoseconds in [8_000_000, 1_000_000_007, 3_600_000_000_001] {
                let shown = Timestamp::from_epoch(Duration::from_nanos(nanoseconds));
                let world = clock.world(shown);
                assert!(clock.read(world) >= shown, "{drift} {nanoseconds}");
                let before = world.since_epoch().saturating_sub(Duration::from_nanos(1));
                assert!(clock.read(Timestamp::from_epoch(before)) < shown, "{drift} {nanoseconds}");
            }
        }
    }
}
