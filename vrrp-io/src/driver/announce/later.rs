//! Announcements that are not sent at once.

use std::collections::BTreeMap;

use vrrp_fsm::Timestamp;

use super::limit::Line;
use crate::driver::Key;

/// What is announced later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::driver) enum Later {
    /// All addresses of a router, so many times in all.
    Rounds(Key, u8),
    /// All addresses of a router on other interfaces, so that switches do not forget.
    Reminder(Key),
    /// The next in a line.
    Next(Line),
}

/// By the time when it is due.
#[derive(Debug, Default)]
pub(in crate::driver) struct Schedule(BTreeMap<Timestamp, Vec<Later>>);

impl Schedule {
    pub(super) fn add(&mut self, due: Timestamp, later: Later) {
        self.0.entry(due).or_default().push(later);
    }

    pub(in crate::driver) fn deadline(&self) -> Option<Timestamp> {
        self.0.first_key_value().map(|(due, _)| *due)
    }

    /// Takes what is due, with the time when it was.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<(Timestamp, Later)> {
        let mut taken = Vec::new();
        while let Some(entry) = self.0.first_entry().filter(|entry| *entry.key() <= now) {
            let due = *entry.key();
            taken.extend(entry.remove().into_iter().map(|later| (due, later)));
        }
        taken
    }
}
