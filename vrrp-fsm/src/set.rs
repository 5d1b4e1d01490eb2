//! Many routers in one driver.

mod group;
mod heap;
mod snapshot;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::action::Actions;
use crate::config::Config;
use crate::input::Input;
use crate::router::{NotSameRouter, VirtualRouter};
use crate::time::Timestamp;
pub use group::GroupId;
use group::{Aspect, Groups};
use heap::DeadlineHeap;
pub use snapshot::SetSnapshot;

/// Virtual routers by a key of the driver's choice (interface, family and VRID, for one), with the
/// earliest deadline at hand.
///
/// [`handle`](Self::handle) touches one router and costs O(log n); it does not allocate,
/// unless the router is in a group and that has to agree. Routers that
/// [`join`](Self::join) a group change their state together: after every call, call
/// [`follow_up`](Self::follow_up) until it returns `None`.
///
/// ```
/// use vrrp_fsm::{Config, Input, RouterSet, Timestamp, VirtualRouter};
/// use vrrp_fsm::proto::{Centiseconds, Priority, Vrid};
///
/// let mut routers = RouterSet::new();
/// for vrid in 1..=3 {
///     let vrid = Vrid::new(vrid)?;
///     let addresses = [[192, 0, 2, 100 + vrid.get()].into()];
///     let config = Config::v3_ipv4(vrid, Priority::DEFAULT, Centiseconds::DEFAULT, addresses)?;
///     routers.insert(("eth0", vrid), VirtualRouter::new(config)).map_err(|_| "twice")?;
/// }
/// let now = Timestamp::EPOCH;
/// for vrid in 1..=3 {
///     let key = ("eth0", Vrid::new(vrid)?);
///     let address = Input::PrimaryAddress(Some([192, 0, 2, 1].into()));
///     for input in [address, Input::Startup] {
///         let actions = routers.handle(now, &key, input).ok_or("gone")?;
///         // … perform them
/// #       drop(actions);
///     }
/// }
/// // Nothing is heard: all three take over.
/// let later = routers.deadline().ok_or("no deadline")?;
/// let mut woken = 0;
/// while let Some((key, actions)) = routers.wake(later) {
///     woken += 1;
/// #   drop((key, actions));
/// }
/// assert_eq!(woken, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RouterSet<K> {
    slots: Vec<Option<(K, VirtualRouter)>>,
    by_key: BTreeMap<K, usize>,
    deadlines: DeadlineHeap,
    groups: Groups,
    /// Those that left a group which misses something.
    freed: Vec<usize>,
}

impl<K: Ord + Clone> Default for RouterSet<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Clone> RouterSet<K> {
    /// An empty set.
    pub const fn new() -> Self {
        Self {
            slots: Vec::new(),
            by_key: BTreeMap::new(),
            deadlines: DeadlineHeap::new(),
            groups: Groups::new(),
            freed: Vec::new(),
        }
    }

    /// Adds a router.
    ///
    /// # Errors
    /// [`Occupied`] when there is one with this key: a VRID exists once per interface and family.
    pub fn insert(&mut self, key: K, router: VirtualRouter) -> Result<(), Occupied> {
        if self.by_key.contains_key(&key) {
            return Err(Occupied);
        }
        let free = self.slots.iter().position(Option::is_none);
        let slot = free.unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.deadlines.reserve(self.slots.len());
        self.deadlines.set(slot, router.deadline());
        self.by_key.insert(key.clone(), slot);
        self.slots[slot] = Some((key, router));
        Ok(())
    }

    /// Takes a router out. Shut it down before, or nobody performs what that asks for.
    pub fn remove(&mut self, key: &K) -> Option<VirtualRouter> {
        let slot = self.by_key.remove(key)?;
        self.deadlines.set(slot, None);
        self.freed.retain(|freed| *freed != slot);
        let left = self.groups.leave(slot);
        let mut removed = self.slots[slot].take().map(|(_, router)| router);
        if let Some(left) = left {
            self.settle_group(left, None);
        }
        if let Some(router) = &mut removed {
            router.forget_group();
        }
        removed
    }

    /// The router with this key.
    pub fn get(&self, key: &K) -> Option<&VirtualRouter> {
        let (_, router) = self.slots[*self.by_key.get(key)?].as_ref()?;
        Some(router)
    }

    /// Sets the counters of all routers to zero.
    pub fn clear_stats(&mut self) {
        for (_, router) in self.slots.iter_mut().flatten() {
            router.clear_stats();
        }
    }

    /// The routers in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &VirtualRouter)> {
        self.by_key.values().filter_map(|slot| self.slots[*slot].as_ref()).map(|(k, r)| (k, r))
    }

    /// How many routers there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// [`VirtualRouter::handle`] of the router with this key; `None` when there is none.
    pub fn handle(&mut self, now: Timestamp, key: &K, input: Input<'_>) -> Option<Actions> {
        let slot = *self.by_key.get(key)?;
        let (_, router) = self.slots[slot].as_mut()?;
        let before = Aspect::of(router);
        let actions = router.handle(now, input);
        self.deadlines.set(slot, router.deadline());
        self.settle(slot, before);
        Some(actions)
    }

    /// [`VirtualRouter::reconfigure`] of the router with this key; `None` when there is none.
    pub fn reconfigure(
        &mut self,
        now: Timestamp,
        key: &K,
        config: Config,
    ) -> Option<Result<Actions, NotSameRouter>> {
        let slot = *self.by_key.get(key)?;
        let (_, router) = self.slots[slot].as_mut()?;
        let before = Aspect::of(router);
        let actions = router.reconfigure(now, config);
        self.deadlines.set(slot, router.deadline());
        self.settle(slot, before);
        Some(actions)
    }

    /// The earliest deadline of all routers.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadlines.earliest().map(|(deadline, _)| deadline)
    }

    /// Wakes the router with the earliest deadline, if that has come; call until it returns `None`.
    pub fn wake(&mut self, now: Timestamp) -> Option<(K, Actions)> {
        let (deadline, slot) = self.deadlines.earliest()?;
        if deadline > now {
            return None;
        }
        let (key, router) = self.slots[slot].as_mut()?;
        let before = Aspect::of(router);
        let actions = router.handle(now, Input::Wake);
        let key = key.clone();
        self.deadlines.set(slot, router.deadline());
        self.settle(slot, before);
        Some((key, actions))
    }
}

/// There is a router with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a virtual router with this key exists")]
#[expect(clippy::exhaustive_structs, reason = "says all there is")]
pub struct Occupied;
