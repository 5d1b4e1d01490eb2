//! Routers end.

use vrrp_fsm::{Action, Input};

use super::carrier::Carrier;
use super::{Driver, Key};

impl Driver {
    pub(super) fn stop(&mut self, key: Key) {
        self.input(key, Input::Shutdown);
        self.perform_all();
        let carriers = self.forget(key);
        self.unblock();
        self.drop_carriers(&carriers);
        // What it had on the interface may have hidden another address.
        self.tell_interface(key.interface);
    }

    /// Forgets a router that was shut down, and returns the interfaces of its own.
    fn forget(&mut self, key: Key) -> Vec<Carrier> {
        // What could not be removed, now or earlier, is not forgotten with the router. The failure
        // was told already.
        self.remove_rules(&[key], |_| true);
        self.remove_routes(&[key], |_| true);
        self.remove_addresses(&[key], |_, _| true, &mut Vec::new());
        self.routers.remove(&key);
        let mut carriers = Vec::new();
        if let Some(instance) = self.instances.remove(&key) {
            self.keys.remove(&instance.id);
            self.unassign(key, &instance.config);
            if instance.config.promotes_secondaries {
                self.stop_promoting(key);
            }
            self.orphans.extend(instance.installed);
            carriers = instance.carriers;
        }
        self.close_unused_sockets(key.interface);
        // Members of its group may have waited for it.
        self.follow_up();
        self.perform_all();
        carriers
    }

    /// First every Active router says that it stops, and then addresses are removed: a thousand of
    /// them take a while.
    pub(super) fn stop_all(&mut self) {
        let keys: Vec<Key> = self.instances.keys().copied().collect();
        for key in &keys {
            // Members stop one by one; what happens to one is not to happen to the others.
            self.routers.join(key, None);
        }
        // What is still to be done comes first.
        let mut duties = std::mem::take(&mut self.duties);
        let now = self.now();
        for key in &keys {
            let Some(actions) = self.routers.handle(now, key, Input::Shutdown) else { continue };
            let leaves = self.leaves;
            let is_meant = |action: &Action| match action {
                Action::Transmit(_) | Action::Notify(_) => true,
                _ => !leaves,
            };
            duties.extend(*key, actions.into_iter().filter(is_meant));
        }
        // There is nobody to tell of failures.
        let _ = self.perform_once(&mut duties);
        let mut carriers = Vec::new();
        for key in keys {
            if self.leaves
                && let Some(instance) = self.instances.get_mut(&key)
            {
                instance.installed.clear();
                instance.installed_routes.clear();
                instance.installed_rules.clear();
                instance.carriers.clear();
            }
            carriers.extend(self.forget(key));
        }
        self.unblock();
        self.drop_carriers(&carriers);
    }
}
