//! When an Active router announces its addresses next.

use core::num::NonZeroU8;
use core::time::Duration;

use crate::config::Announcements;
use crate::time::Timestamp;

/// After the burst that begins it: one announcement when things have settled, a second burst, then
/// refreshes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schedule {
    Settle { at: Timestamp, burst_at: Timestamp },
    Burst { at: Timestamp },
    Refresh { at: Timestamp },
    Done,
}

impl Schedule {
    /// Starts over at `now` and returns how often to announce at once.
    pub(super) fn begin(&mut self, now: Timestamp, settings: &Announcements) -> NonZeroU8 {
        let burst_at = now + settings.delay;
        *self = match settings.settle {
            Duration::ZERO => Self::after_settling(now, burst_at, settings),
            settle => Self::Settle { at: now + settle, burst_at },
        };
        at_least_once(settings.repeat)
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
            Self::Settle { at, .. } | Self::Burst { at } | Self::Refresh { at } => Some(*at),
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
                Self::Settle { burst_at, .. } => {
                    (Self::after_settling(now, burst_at, settings), NonZeroU8::MIN)
                }
                Self::Burst { .. } => {
                    (Self::refreshing(now, settings), at_least_once(settings.repeat))
                }
                _ => (Self::refreshing(now, settings), at_least_once(settings.refresh_repeat)),
            };
            *self = next;
            largest = largest.max(Some(times));
        }
        largest
    }

    fn after_settling(now: Timestamp, burst_at: Timestamp, settings: &Announcements) -> Self {
        match settings.delay {
            Duration::ZERO => Self::refreshing(now, settings),
            _ => Self::Burst { at: burst_at },
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
