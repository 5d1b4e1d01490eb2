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

#[derive(Clone, Debug, Default)]
struct Group {
    members: Vec<usize>,
    /// The role of all. It changes only when a member changes its own: a level that was read while
    /// members are still to follow would turn back what the first one did.
    is_active: bool,
    /// How many of its members have still to follow.
    pending: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Groups {
    groups: BTreeMap<GroupId, Group>,
    pub(super) of_slot: BTreeMap<usize, GroupId>,
    /// What members have still to be told.
    pub(super) steps: VecDeque<(usize, GroupId, GroupStep)>,
}

/// What of a router concerns its group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Aspect {
    state: State,
    wants_active: bool,
    has_own_fault: bool,
}

impl Aspect {
    pub(super) fn of(router: &VirtualRouter) -> Self {
        Self {
            state: router.state(),
            wants_active: router.wants_active(),
            has_own_fault: router.has_own_fault(),
        }
    }
}

impl Groups {
    pub(super) const fn new() -> Self {
        Self { groups: BTreeMap::new(), of_slot: BTreeMap::new(), steps: VecDeque::new() }
    }

    /// Returns the group that was left.
    pub(super) fn leave(&mut self, slot: usize) -> Option<GroupId> {
        let id = self.of_slot.remove(&slot)?;
        let before = self.steps.len();
        self.steps.retain(|(other, _, _)| *other != slot);
        let forgotten = before - self.steps.len();
        let group = self.groups.get_mut(&id)?;
        group.pending -= forgotten;
        group.members.retain(|member| *member != slot);
        if group.members.is_empty() {
            self.groups.remove(&id);
        }
        Some(id)
    }

    /// Those that are Active.
    pub(super) fn active(&self) -> impl Iterator<Item = GroupId> {
        self.groups.iter().filter(|(_, group)| group.is_active).map(|(id, _)| *id)
    }

    fn join(&mut self, slot: usize, id: GroupId) {
        self.of_slot.insert(slot, id);
        self.groups.entry(id).or_default().members.push(slot);
    }

    fn push(&mut self, slot: usize, id: GroupId, step: GroupStep) {
        if let Some(group) = self.groups.get_mut(&id) {
            group.pending += 1;
            self.steps.push_back((slot, id, step));
        }
    }
}

impl<K: Ord + Clone> RouterSet<K> {
    /// Puts a router into a group, or with `None` out of the one it is in. Unknown keys are ignored.
    ///
    /// A member that joins takes the role of the group: Active with an Active one, Backup with another.
    pub fn join(&mut self, key: &K, group: Option<GroupId>) {
        let Some(&slot) = self.by_key.get(key) else { return };
        if self.groups.of_slot.get(&slot).copied() == group {
            return;
        }
        let left = self.groups.leave(slot);
        let Some((_, router)) = self.slots[slot].as_mut() else { return };
        router.set_grouped(group.is_some());
        let is_active = router.state() == State::Active;
        let has_group_fault = router.has_group_fault();
        if let Some(id) = group {
            let is_first = !self.groups.groups.contains_key(&id);
            self.groups.join(slot, id);
            if is_first && let Some(group) = self.groups.groups.get_mut(&id) {
                group.is_active = is_active;
            }
            self.settle_group(id, Some(slot));
        } else if has_group_fault {
            // Nobody else tells it any more.
            self.freed.push(slot);
        }
        if let Some(left) = left {
            self.settle_group(left, None);
        }
    }

    /// The next thing that a change of one member of a group brings about for another one.
    pub fn follow_up(&mut self, now: Timestamp) -> Option<(K, Actions)> {
        while let Some(slot) = self.freed.pop() {
            let followed = self.step(now, slot, GroupStep::Fault(false));
            if followed.is_some() {
                return followed;
            }
        }
        loop {
            let (slot, id, step) = self.groups.steps.pop_front()?;
            let group = self.groups.groups.get_mut(&id)?;
            group.pending -= 1;
            let (is_last, is_active) = (group.pending == 0, group.is_active);
            // Things may have changed since.
            let holds = match step {
                GroupStep::Active => is_active,
                GroupStep::Backup => !is_active,
                GroupStep::Fault(_) => true,
            };
            let followed = if holds { self.step(now, slot, step) } else { None };
            if is_last {
                self.settle_group(id, None);
            }
            if followed.is_some() {
                return followed;
            }
        }
    }

    fn step(&mut self, now: Timestamp, slot: usize, step: GroupStep) -> Option<(K, Actions)> {
        let (key, router) = self.slots.get_mut(slot)?.as_mut()?;
        let actions = router.follow(now, step);
        let key = key.clone();
        self.deadlines.set(slot, router.deadline());
        (!actions.is_empty()).then_some((key, actions))
    }

    /// A router was given an input; if that concerns its group, the group has to agree again.
    #[inline]
    pub(super) fn settle(&mut self, slot: usize, before: Aspect) {
        let Some(&id) = self.groups.of_slot.get(&slot) else { return };
        let Some((_, router)) = self.slots[slot].as_ref() else { return };
        let after = Aspect::of(router);
        if before == after {
            return;
        }
        // It becomes Active only with all others, so here it can only cease to be.
        debug_assert!(before.state == State::Active || after.state != State::Active);
        let has_left =
            before.state == State::Active && matches!(after.state, State::Backup | State::Fault);
        if has_left && let Some(group) = self.groups.groups.get_mut(&id) {
            group.is_active = false;
        }
        self.settle_group(id, Some(slot));
    }

    /// Tells every member what it has to do, `first` before the others.
    pub(super) fn settle_group(&mut self, id: GroupId, first: Option<usize>) {
        let Some(group) = self.groups.groups.get(&id) else { return };
        let members: Vec<usize> = {
            let others = group.members.iter().copied().filter(|slot| Some(*slot) != first);
            first.into_iter().chain(others).collect()
        };
        let router = |slot: usize| -> Option<&VirtualRouter> {
            self.slots.get(slot)?.as_ref().map(|(_, router)| router)
        };
        let has_own_fault = |slot: usize| router(slot).is_some_and(VirtualRouter::has_own_fault);
        let faulty = members.iter().filter(|slot| has_own_fault(**slot)).count();
        let mut steps = Vec::new();
        for &slot in &members {
            let Some(router) = router(slot) else { continue };
            let others = faulty - usize::from(router.has_own_fault());
            let is_news = (others > 0) != router.has_group_fault();
            if is_news && router.state() != State::Initialize {
                steps.push((slot, GroupStep::Fault(others > 0)));
            }
        }
        let mut is_active = group.is_active && faulty == 0;
        if faulty == 0 {
            let state = |slot: usize| router(slot).map_or(State::Initialize, VirtualRouter::state);
            let want = |slot: &usize| router(*slot).is_some_and(VirtualRouter::wants_active);
            is_active |= !members.is_empty() && members.iter().all(want);
            let (from, step) = match is_active {
                true => (State::Backup, GroupStep::Active),
                false => (State::Active, GroupStep::Backup),
            };
            // Who is held after its start comes along by itself, as late as if it were alone.
            let may = |slot: usize| !is_active || router(slot).is_some_and(|r| !r.is_held());
            let told = members.iter().filter(|slot| state(**slot) == from && may(**slot));
            steps.extend(told.map(|slot| (*slot, step)));
        }
        if let Some(group) = self.groups.groups.get_mut(&id) {
            group.is_active = is_active;
        }
        for (slot, step) in steps {
            let is_pending =
                self.groups.steps.iter().any(|(other, _, known)| (*other, *known) == (slot, step));
            if !is_pending {
                self.groups.push(slot, id, step);
            }
        }
    }
}
