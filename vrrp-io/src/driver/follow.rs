//! Tracking: what is watched besides the network, and what it makes of a router.

use vrrp_fsm::{Fault, Input, Standing};

use super::{Driver, Key};
use crate::config::Tracked;

impl Driver {
    /// Something was reported; all routers that track it are told.
    pub(super) fn report(&mut self, item: String, standing: Standing) {
        let tracked = Tracked::Item(item.clone());
        self.items.insert(item, standing);
        let keys: Vec<Key> = self.instances.keys().copied().collect();
        for key in keys {
            let instance = self.instances.get_mut(&key);
            if instance.is_some_and(|instance| instance.tracking.set(&tracked, standing)) {
                self.follow(key);
            }
        }
    }

    /// Takes what is known of everything that a router tracks.
    pub(super) fn look_at_tracked(&mut self, key: Key) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        for (tracked, _) in &instance.config.tracked {
            let standing = match tracked {
                Tracked::Item(item) => self.items.get(item).copied().unwrap_or_default(),
                Tracked::Interface(name) => {
                    let place = self.interfaces.place(name);
                    place.is_some_and(|place| self.interfaces[place].is_operational()).into()
                }
            };
            instance.tracking.set(tracked, standing);
        }
    }

    /// Tells a router what tracking makes of it, and starts it once all that it needs is known.
    pub(super) fn follow(&mut self, key: Key) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        let verdict = instance.tracking.verdict(instance.base);
        let is_fit = verdict.is_fit && instance.is_fit;
        let starts = !instance.is_started && verdict.is_known;
        instance.is_started |= verdict.is_known;
        let Some(router) = self.routers.get(&key) else { return };
        let was_fit = router.faults().all(|fault| fault != Fault::Tracking);
        if router.priority() != verdict.priority {
            self.input(key, Input::SetPriority(verdict.priority));
        }
        match (was_fit, is_fit) {
            (true, false) => self.input(key, Input::Fault(Fault::Tracking)),
            (false, true) => self.input(key, Input::Recovered(Fault::Tracking)),
            _ => {}
        }
        if starts {
            self.input(key, Input::Startup);
        }
    }
}
