//! When an Active router announces its addresses next.

use core::num::NonZeroU8;
use core::time::Duration;

use crate::config::Announcements;
use crate::time::Timestamp;

/// After the burst that begins it: one announcement when things have settled, a second burst, then
/// refreshes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schedule {
    Settle { at: Timestamp, burst: Option<(Timestamp, NonZeroU8)> },
    Burst { at: Timestamp, times: NonZeroU8 },
    Refresh { at: Timestamp },
    Done,
}

impl Schedule {
    /// Starts over at `now` and returns how often to announce at once.
    pub(super) fn begin(&mut self, now: Timestamp, settings: &Announcements) -> NonZeroU8 {
        let times = at_least_once(settings.repeat);
        *self = Self::settling(now, settings.delay, times, settings);
        times
    }

    /// Starts over because of a conflict; `None` when that is not to be announced.
    pub(super) fn contest(
        &mut self,
        now: Timestamp,
        settings: &Announcements,
    ) -> Option<NonZeroU8> {
        let repeat = settings.contest_repeat.unwrap_or(settings.repeat.max(1));
        let burst = NonZeroU8::new(repeat)?;
        let delay = settings.contest_delay.unwrap_or(settings.delay);
        *self = Self::settling(now, delay, burst, settings);
        Some(burst)
    }

    /// Goes on by other settings; nothing is announced at once.
    pub(super) fn change(&mut self, now: Timestamp, settings: &Announcements) {
        if let Self::Refresh { .. } | Self::Done = self {
            *self = Self::refreshing(now, settings);
        }
    }

    #[inline]
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Settle { at, .. } | Self::Burst { at, .. } | Self::Refresh { at } => Some(*at),
            Self::Done => None,
        }
    }

    /// Moves on past everything that is due, and returns how often to announce. After a pause that is
    /// one burst, the largest of those that were missed.
    pub(super) fn take_due(
        &mut self,
        now: Timestamp,
        settings: &Announcements,
    ) -> Option<NonZeroU8> {
        let mut largest = None;
        while self.due().is_some_and(|due| due <= now) {
            let (next, times) = match *self {
                Self::Settle { burst, .. } => {
                    (Self::after_settling(now, burst, settings), NonZeroU8::MIN)
                }
                Self::Burst { times, .. } => (Self::refreshing(now, settings), times),
                _ => (Self::refreshing(now, settings), at_least_once(settings.refresh_repeat)),
            };
            *self = next;
            largest = largest.max(Some(times));
        }
        largest
    }

    fn settling(
        now: Timestamp,
        delay: Duration,
        times: NonZeroU8,
        settings: &Announcements,
    ) -> Self {
        let burst = (!delay.is_zero()).then_some((now + delay, times));
        match settings.settle {
            Duration::ZERO => Self::after_settling(now, burst, settings),
            settle => Self::Settle { at: now + settle, burst },
        }
    }

    fn after_settling(
        now: Timestamp,
        burst: Option<(Timestamp, NonZeroU8)>,
        settings: &Announcements,
    ) -> Self {
        match burst {
            None => Self::refreshing(now, settings),
            Some((at, times)) => Self::Burst { at, times },
        }
    }

    fn refreshing(now: Timestamp, settings: &Announcements) -> Self {
        match settings.refresh {
            Duration::ZERO => Self::Done,
            refresh => Self::Refresh { at: now + refresh },
        }
    }
}

fn at_least_once(times: u8) -> NonZeroU8 {
    NonZeroU8::new(times).unwrap_or(NonZeroU8::MIN)
}
