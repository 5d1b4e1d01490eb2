//! What routers have to do.

use std::collections::{BTreeMap, VecDeque};

use vrrp_fsm::{Action, Actions};

use super::Key;

/// What routers have to do, for each in its order. The same kind of duty of many routers is done
/// together: first all advertise, then all addresses are put on interfaces, then all are announced.
#[derive(Debug, Default)]
pub(super) struct Duties {
    /// In the order in which they came: who was due first advertises first.
    lists: Vec<(Key, VecDeque<Action>)>,
    places: BTreeMap<Key, usize>,
}

impl Duties {
    /// These come after what the router has to do already.
    pub(super) fn add(&mut self, key: Key, actions: Actions) {
        self.extend(key, actions);
    }

    pub(super) fn extend(&mut self, key: Key, actions: impl IntoIterator<Item = Action>) {
        let actions: VecDeque<Action> = actions.into_iter().collect();
        if actions.is_empty() {
            return;
        }
        if let Some(place) = self.places.get(&key) {
            self.lists[*place].1.extend(actions);
        } else {
            self.places.insert(key, self.lists.len());
            self.lists.push((key, actions));
        }
    }

    /// Whether the router has anything to do.
    pub(super) fn concern(&self, key: Key) -> bool {
        self.places.get(&key).is_some_and(|place| !self.lists[*place].1.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Takes all that the first `count` routers have to do.
    pub(super) fn take_first(&mut self, count: usize) -> Self {
        let mut first = Self::default();
        self.lists.retain(|(_, actions)| !actions.is_empty());
        let count = count.min(self.lists.len());
        for (key, actions) in self.lists.drain(..count) {
            first.extend(key, actions);
        }
        self.places = self.lists.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
        first
    }

    /// Takes the advertisements, also those behind addresses that are to be put on: nobody's advertisement
    /// waits for that. What says that a router stops keeps its place, and so does what follows a removal.
    pub(super) fn take_adverts(&mut self) -> Vec<(Key, Action)> {
        let mut taken = Vec::new();
        for (key, actions) in &mut self.lists {
            let mut at = 0;
            while let Some(action) = actions.get(at) {
                match action {
                    Action::Transmit(priority) if at == 0 || !priority.is_stopped() => {
                        taken.extend(actions.remove(at).map(|action| (*key, action)));
                    }
                    Action::Transmit(_) | Action::RemoveAddresses => break,
                    _ => at += 1,
                }
            }
        }
        taken
    }

    /// Takes what every router has to do next, as long as it `is_meant`.
    pub(super) fn take(&mut self, is_meant: impl Fn(&Action) -> bool) -> Vec<(Key, Action)> {
        let mut taken = Vec::new();
        let mut is_anything_left = false;
        for (key, actions) in &mut self.lists {
            let count = actions.iter().take_while(|action| is_meant(action)).count();
            taken.extend(actions.drain(..count).map(|action| (*key, action)));
            is_anything_left |= !actions.is_empty();
        }
        if !is_anything_left {
            self.lists.clear();
            self.places.clear();
        }
        taken
    }
}
