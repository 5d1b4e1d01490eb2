//! A binary heap in which the deadline of a slot can change.

use alloc::vec::Vec;

use crate::time::Timestamp;

/// Not in the heap.
const ABSENT: usize = usize::MAX;

#[derive(Clone, Debug)]
pub(super) struct DeadlineHeap {
    /// Deadline and slot; the parent of `n` is `(n - 1) / 2` and before it. Of equal deadlines the lower
    /// slot is first, so that routers that are due together always come in the same order.
    heap: Vec<(Timestamp, usize)>,
    /// Where a slot is in the heap.
    places: Vec<usize>,
}

impl DeadlineHeap {
    pub(super) const fn new() -> Self {
        Self { heap: Vec::new(), places: Vec::new() }
    }

    /// Makes room for slots up to `count`, so that [`set`](Self::set) never allocates.
    pub(super) fn reserve(&mut self, count: usize) {
        if self.places.len() < count {
            self.places.resize(count, ABSENT);
        }
        self.heap.reserve(count.saturating_sub(self.heap.len()));
    }

    pub(super) fn earliest(&self) -> Option<(Timestamp, usize)> {
        self.heap.first().copied()
    }

    /// Gives `slot` a deadline, or none.
    pub(super) fn set(&mut self, slot: usize, deadline: Option<Timestamp>) {
        let place = self.places[slot];
        match (place, deadline) {
            (ABSENT, None) => {}
            (ABSENT, Some(deadline)) => {
                self.places[slot] = self.heap.len();
                self.heap.push((deadline, slot));
                self.rise(self.heap.len() - 1);
            }
            (place, Some(deadline)) => {
                let before = self.heap[place].0;
                self.heap[place].0 = deadline;
                if deadline < before {
                    self.rise(place);
                } else if deadline > before {
                    self.sink(place);
                }
            }
            (place, None) => {
                let last = self.heap.len() - 1;
                self.swap(place, last);
                self.heap.pop();
                self.places[slot] = ABSENT;
                if place < last {
                    self.rise(place);
                    self.sink(place);
                }
            }
        }
    }

    fn rise(&mut self, mut place: usize) {
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.heap[parent] <= self.heap[place] {
                break;
            }
            self.swap(place, parent);
            place = parent;
        }
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let children = 2 * place + 1..(2 * place + 3).min(self.heap.len());
            let Some(child) = children.min_by_key(|child| self.heap[*child]) else { break };
            if self.heap[place] <= self.heap[child] {
                break;
            }
            self.swap(place, child);
            place = child;
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        self.places[self.heap[one].1] = one;
        self.places[self.heap[other].1] = other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_earliest_is_the_minimum(
            steps in proptest::collection::vec((0..20usize, proptest::option::of(0..50u64)), 1..200)
        ) {
            let mut heap = DeadlineHeap::new();
            heap.reserve(20);
            let mut model = [None; 20];
            for (slot, deadline) in steps {
                let deadline = deadline.map(|at| Timestamp::from_epoch(Duration::from_nanos(at)));
                heap.set(slot, deadline);
                model[slot] = deadline;
                let earliest = heap.earliest();
                prop_assert_eq!(earliest.map(|(at, _)| at), model.iter().flatten().min().copied());
                prop_assert!(earliest.is_none_or(|(at, slot)| model[slot] == Some(at)));
            }
        }
    }
}
