//! Routers that change their state together: sync groups.
//!
//! - What one misses, all miss.
//! - They become Active when every one of them would be, and then all at once.
//! - When one is outranked, all become Backup.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::RouterSet;
use crate::action::Actions;
use crate::event::State;
use crate::router::{GroupStep, VirtualRouter};
use crate::time::Timestamp;

/// A group of routers, by a number of the driver's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "any number is one")]
pub struct GroupId(pub u32);

#[derive(Clone, Debug)]
pub(super) struct Groups {
    members: BTreeMap<GroupId, Vec<usize>>,
    of_slot: BTreeMap<usize, GroupId>,
    /// What members have still to be told.
    steps: VecDeque<(usize, GroupStep)>,
}

impl Groups {
    pub(super) const fn new() -> Self {
        Self { members: BTreeMap::new(), of_slot: BTreeMap::new(), steps: VecDeque::new() }
    }

    pub(super) fn leave(&mut self, slot: usize) {
        self.steps.retain(|(other, _)| *other != slot);
        let Some(group) = self.of_slot.remove(&slot) else { return };
        if let Some(members) = self.members.get_mut(&group) {
            members.retain(|member| *member != slot);
            if members.is_empty() {
                self.members.remove(&group);
            }
        }
    }

    fn join(&mut self, slot: usize, group: GroupId) {
        self.of_slot.insert(slot, group);
        self.members.entry(group).or_default().push(slot);
    }
}

impl<K: Ord + Clone> RouterSet<K> {
    /// Puts a router into a group, or with `None` out of the one it is in. Unknown keys are ignored.
    ///
    /// A member that joins an Active group becomes Active with it.
    pub fn join(&mut self, key: &K, group: Option<GroupId>) {
        let Some(&slot) = self.by_key.get(key) else { return };
        if self.groups.of_slot.get(&slot).copied() == group {
            return;
        }
        let Some((_, router)) = self.slots[slot].as_mut() else { return };
        router.set_grouped(group.is_some());
        if router.has_group_fault() {
            self.groups.steps.push_back((slot, GroupStep::Fault(false)));
        }
        let left = self.groups.of_slot.get(&slot).copied();
        // What it is still to be told concerns it all the same: a fault that is over.
        let kept: Vec<_> =
            self.groups.steps.iter().copied().filter(|(other, _)| *other == slot).collect();
        self.groups.leave(slot);
        self.groups.steps.extend(kept);
        if let Some(group) = group {
            self.groups.join(slot, group);
            self.settle_group(group, None);
        }
        if let Some(left) = left {
            self.settle_group(left, None);
        }
    }

    /// The next thing that a change of one member of a group brings about for another one.
    pub fn follow_up(&mut self, now: Timestamp) -> Option<(K, Actions)> {
        loop {
            let (slot, step) = self.groups.steps.pop_front()?;
            let Some((key, router)) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            let before = router.state();
            let actions = router.follow(now, step);
            let key = key.clone();
            self.deadlines.set(slot, router.deadline());
            self.settle(slot, before);
            if !actions.is_empty() {
                return Some((key, actions));
            }
        }
    }

    /// A router was given an input; its group has to agree again.
    pub(super) fn settle(&mut self, slot: usize, before: State) {
        if let Some(&group) = self.groups.of_slot.get(&slot) {
            self.settle_group(group, Some((slot, before)));
        }
    }

    pub(super) fn settle_all(&mut self) {
        let groups: Vec<GroupId> = self.groups.members.keys().copied().collect();
        for group in groups {
            self.settle_group(group, None);
        }
    }

    fn settle_group(&mut self, group: GroupId, changed: Option<(usize, State)>) {
        let Some(members) = self.groups.members.get(&group) else { return };
        let router = |slot: usize| -> Option<&VirtualRouter> {
            self.slots.get(slot)?.as_ref().map(|(_, router)| router)
        };
        let faulty =
            members.iter().filter(|slot| router(**slot).is_some_and(VirtualRouter::has_own_fault));
        let faulty = faulty.count();
        let steps = &mut self.groups.steps;
        for &slot in members {
            let Some(router) = router(slot) else { continue };
            let others = faulty - usize::from(router.has_own_fault());
            let told = (others > 0) != router.has_group_fault();
            if told && router.state() != State::Initialize {
                steps.push_back((slot, GroupStep::Fault(others > 0)));
            }
        }
        if faulty > 0 {
            return;
        }
        let state = |slot: usize| router(slot).map_or(State::Initialize, VirtualRouter::state);
        let was_outranked = changed
            .is_some_and(|(slot, before)| before == State::Active && state(slot) == State::Backup);
        let is_any_active = members.iter().any(|slot| state(*slot) == State::Active);
        let do_all_want =
            members.iter().all(|slot| router(*slot).is_some_and(VirtualRouter::wants_active));
        let (from, step) = match () {
            () if was_outranked => (State::Active, GroupStep::Backup),
            () if is_any_active || do_all_want => (State::Backup, GroupStep::Active),
            () => return,
        };
        steps.extend(members.iter().filter(|slot| state(**slot) == from).map(|slot| (*slot, step)));
    }
}
