//! What decides how a set goes on.

use alloc::vec::Vec;

use super::RouterSet;
use super::group::GroupId;
use crate::router::{GroupStep, Snapshot};
use crate::time::Timestamp;

/// Everything that decides what the routers of a set do from now on; see [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetSnapshot<K> {
    routers: Vec<(K, Snapshot, Option<GroupId>)>,
    /// The groups that are Active.
    active: Vec<GroupId>,
    /// What members have still to be told.
    steps: Vec<(K, GroupId, GroupStep)>,
    freed: Vec<K>,
}

impl<K: Ord + Clone> RouterSet<K> {
    /// What decides how they go on from `now`.
    pub fn snapshot(&self, now: Timestamp) -> SetSnapshot<K> {
        let key = |slot: &usize| self.slots.get(*slot)?.as_ref().map(|(key, _)| key.clone());
        let router = |slot: &usize| {
            let (key, router) = self.slots.get(*slot)?.as_ref()?;
            Some((key.clone(), router.snapshot(now), self.groups.of_slot.get(slot).copied()))
        };
        let steps = self.groups.steps.iter();
        SetSnapshot {
            routers: self.by_key.values().filter_map(router).collect(),
            active: self.groups.active().collect(),
            steps: steps.filter_map(|(slot, id, step)| Some((key(slot)?, *id, *step))).collect(),
            freed: self.freed.iter().filter_map(key).collect(),
        }
    }
}
