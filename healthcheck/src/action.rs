//! What is to be done, and what has happened.

use crate::checker::Run;
use crate::health::CheckId;
use crate::pool::PoolId;
use crate::server::ServerId;

/// A duty of the driver, or something that it may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new duty breaks the build of drivers that do not know it"
)]
pub enum Action {
    /// Run this check, and say what it found as [`Input::Finished`](crate::Input::Finished).
    Run {
        /// Which one.
        check: CheckId,
        /// The number to say with the result.
        run: Run,
        /// Of a check with several steps, which one, from 0.
        step: u16,
    },
    /// End this run; nobody waits for its result any more.
    End {
        /// Of which check.
        check: CheckId,
        /// Which run.
        run: Run,
    },
    /// Something happened. When it is about a server or a quorum, the members of its pool may be others.
    Tell(Event),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A check found its server fit, or not, after it had found otherwise.
    Check {
        /// Which one.
        check: CheckId,
        /// Of which server.
        server: ServerId,
        /// What it found.
        is_up: bool,
    },
    /// A server came up or went down.
    Server {
        /// Which one.
        server: ServerId,
        /// Of which pool.
        pool: PoolId,
        /// Which way.
        is_up: bool,
    },
    /// A server has another weight.
    Weight {
        /// Which one.
        server: ServerId,
        /// Of which pool.
        pool: PoolId,
        /// Now.
        weight: u32,
    },
    /// A pool has a quorum again, or has none any more.
    Quorum {
        /// Which one.
        pool: PoolId,
        /// Whether it has.
        has_quorum: bool,
        /// The weights of its servers that are up, together.
        sum: u64,
    },
}

/// One thing that came of one input, at most five.
const MOST: usize = 5;

/// What comes of one input, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "these are duties"]
pub struct Actions {
    items: [Option<Action>; MOST],
}

impl Actions {
    pub(crate) fn push(&mut self, action: Action) {
        let free = self.items.iter_mut().find(|item| item.is_none());
        *free.expect("a duty and one event of each kind") = Some(action);
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Action> + '_ {
        self.items.iter().flatten().copied()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items[0].is_none()
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = core::iter::Flatten<core::array::IntoIter<Option<Action>, MOST>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter().flatten()
    }
}
