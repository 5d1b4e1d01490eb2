//! A router takes a new configuration and keeps its role.

use std::sync::Arc;

use vrrp_fsm::{Action, Fault, Input, State, Tracking};

use super::sockets::Needs;
use super::{Driver, Key};
use crate::config::RouterConfig;
use crate::error::{ReconfigureError, Stopped};

impl Driver {
    pub(super) fn reconfigure(
        &mut self,
        key: Key,
        config: &Arc<RouterConfig>,
    ) -> Result<(), ReconfigureError> {
        let refused = |error| ReconfigureError::Refused(Box::new(error));
        let Some(instance) = self.instances.get(&key) else { return Err(Stopped.into()) };
        let is_same = match (&instance.config.virtual_interface, &config.virtual_interface) {
            (None, None) => true,
            (Some(before), Some(now)) => before.is_same_interface(now),
            _ => false,
        };
        let has_other_carriers = !is_same
            || instance.config.carried_on() != config.carried_on()
            || (instance.config.carrier_prefix != config.carrier_prefix
                && !instance.carriers.is_empty());
        if instance.config.interface != config.interface || has_other_carriers {
            return Err(ReconfigureError::NotSameRouter);
        }
        let before = instance.config.clone();
        self.take_changes();
        if self.interfaces[key.interface].index().is_some() {
            self.open_sockets(key.interface, Needs::of(config)).map_err(refused)?;
        }
        self.register_devices(config).map_err(refused)?;
        let leftovers = self.leftovers(key, config).map_err(refused)?;
        self.assign(key, config).map_err(refused)?;
        // It runs with the tracked priority from the first packet on: with the configured one it
        // could win an election that it is to lose.
        let tracking = Tracking::new(config.tracked.iter().cloned());
        let Some(instance) = self.instances.get_mut(&key) else { return Err(Stopped.into()) };
        let tracking_before = std::mem::replace(&mut instance.tracking, tracking);
        for (tracked, _, standing) in tracking_before.iter() {
            instance.tracking.set(tracked, standing);
        }
        let configured = std::mem::replace(&mut instance.config, Arc::clone(config));
        self.look_at_tracked(key);
        let Some(instance) = self.instances.get_mut(&key) else { return Err(Stopped.into()) };
        let verdict = instance.tracking.verdict(config.router.priority());
        // Who is no longer in a group need not wait for it.
        let group = self.group(config.group.as_deref());
        self.routers.join(&key, group);
        let now = self.now();
        let router = config.router.clone().with_priority(verdict.priority);
        let outcome =
            router.ok().and_then(|router| self.routers.reconfigure(now, &key, router)?.ok());
        let Some(actions) = outcome else {
            if let Some(instance) = self.instances.get_mut(&key) {
                instance.config = configured;
                instance.tracking = tracking_before;
            }
            self.unassign(key, config);
            // They were its own before.
            let _ = self.assign(key, &before);
            return Err(ReconfigureError::NotSameRouter);
        };
        self.unassign(key, &before);
        // No other has them: it was asked above.
        let _ = self.assign(key, config);
        if let Some(instance) = self.instances.get_mut(&key) {
            instance.base = config.router.priority();
            instance.proof.change(&configured, config);
        }
        self.unblock();
        if !key.is_ipv6 && config.all_addresses().any(|a| a.address().is_ipv6()) {
            self.enable_ipv6(key);
        }
        let has_other_items = configured.addresses != config.addresses
            || configured.excluded != config.excluded
            || configured.routes != config.routes
            || configured.rules != config.rules;
        let is_put_on = actions
            .iter()
            .any(|action| matches!(action, Action::ReplaceAddresses | Action::AddAddresses));
        self.duties.add(key, actions);
        self.perform_all();
        let is_active = self.routers.get(&key).is_some_and(|r| r.state() == State::Active);
        if is_active {
            // The state machine knows neither prefix lengths nor what is not advertised.
            if has_other_items && !is_put_on {
                self.duties.extend(key, [Action::ReplaceAddresses]);
                self.perform_all();
            }
        } else {
            self.orphans.extend(leftovers);
            self.remove_orphans();
            self.read_addresses(&[key.interface]);
        }
        match (configured.lacks_peer(), config.lacks_peer()) {
            (false, true) => self.input(key, Input::Fault(Fault::NoPeer)),
            (true, false) => self.input(key, Input::Recovered(Fault::NoPeer)),
            _ => {}
        }
        match (before.promotes_secondaries, config.promotes_secondaries) {
            (false, true) => self.promote_secondaries(&[key]),
            (true, false) => self.stop_promoting(key),
            _ => {}
        }
        self.set_room(key.interface);
        self.tell_interface(key.interface);
        self.follow(key);
        self.perform_all();
        Ok(())
    }
}
