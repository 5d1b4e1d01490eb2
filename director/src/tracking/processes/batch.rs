//! What many events come to: who has ended, and who has to be looked at.

use std::collections::BTreeSet;

use super::connector::Event;

/// The events since the last time. Whoever begins and ends between two looks is not looked at.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// They ended; one that is also in `changed` has a new process.
    pub(super) ended: BTreeSet<u32>,
    /// They are to be looked at, after that.
    pub(super) changed: BTreeSet<u32>,
}

impl Batch {
    /// Adds an event. A child is what its parent is, until it changes: it matters only when the parent
    /// does.
    pub(super) fn add(&mut self, event: &Event, is_counted: impl Fn(u32) -> bool) {
        match *event {
            Event::Forked { parent, child } => {
                if self.changed.contains(&parent) || is_counted(parent) {
                    self.changed.insert(child);
                }
            }
            Event::Changed(process) => {
                self.changed.insert(process);
            }
            Event::Ended(process) => {
                self.changed.remove(&process);
                self.ended.insert(process);
            }
            Event::Agreed | Event::Refused(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_looked_at() {
        let mut batch = Batch::default();
        for event in [
            // A child of one that is counted, and a grandchild of it.
            Event::Forked { parent: 1, child: 10 },
            Event::Forked { parent: 10, child: 11 },
            Event::Forked { parent: 2, child: 12 },
            Event::Changed(12),
            Event::Forked { parent: 2, child: 13 },
            // Begins and ends.
            Event::Forked { parent: 1, child: 14 },
            Event::Changed(14),
            Event::Ended(14),
            // The pid is used again.
            Event::Ended(1),
            Event::Changed(1),
        ] {
            batch.add(&event, |process| process == 1);
        }
        assert_eq!(Vec::from_iter(batch.changed), [1, 10, 11, 12]);
        assert_eq!(Vec::from_iter(batch.ended), [1, 14]);
    }
}
