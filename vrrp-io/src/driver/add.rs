//! Routers begin.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::Duration;

use netlink_addr::{Ipv4Setting, LinkSettings};
use nix::sys::epoll::{EpollEvent, EpollFlags};
use vrrp_fsm::{Fault, GroupId, Input, VirtualRouter};

use super::claim::Claim;
use super::sockets::Needs;
use super::{Driver, Instance, Key, RouterId, token};
use crate::config::{Delivery, RouterConfig, Tracked};
use crate::error::AddError;

/// So many routers start at a time, and then others after a pause. Routers that start together are due
/// together for ever after: a thousand advertisements at once would wait for each other, and all at the
/// receivers. These few share their system calls.
const STARTS: usize = 32;
const START_PAUSE: Duration = Duration::from_micros(800);

const PROMOTE: [(Ipv4Setting, u32); 1] = [(Ipv4Setting::PromoteSecondaries, 1)];

/// A router that is to run, and where its state is told.
pub(crate) struct NewRouter {
    pub(crate) config: Arc<RouterConfig>,
    pub(crate) state: Arc<AtomicU8>,
}

impl Driver {
    /// Opens what the routers need first, so that a failure leaves nothing behind.
    pub(super) fn add(&mut self, routers: Vec<NewRouter>) -> Vec<Result<RouterId, AddError>> {
        // What is known of interfaces and addresses is what they are now.
        self.take_changes();
        let prepared: Vec<Result<(Key, Claim), AddError>> =
            routers.iter().map(|router| self.prepare(&router.config)).collect();
        let mut outcomes = Vec::new();
        let mut keys = BTreeSet::new();
        let mut new = Vec::new();
        for (router, prepared) in routers.into_iter().zip(prepared) {
            outcomes.push(match prepared {
                Ok((key, claim)) if keys.insert(key) => {
                    new.push((key, router, claim));
                    Ok(key)
                }
                Ok((key, _)) => Err(AddError::VridInUse {
                    interface: router.config.interface.clone(),
                    vrid: key.vrid,
                }),
                Err(error) => Err(error),
            });
        }
        let wanted: Vec<_> = new.iter().map(|(key, router, _)| (*key, &*router.config)).collect();
        let mut failed: Vec<(Key, AddError)> = Vec::new();
        let carriers = self.make_carriers(&wanted);
        let (mut added, mut instances) = (Vec::new(), Vec::new());
        for ((key, router, claim), carriers) in new.into_iter().zip(carriers) {
            match carriers {
                Ok(carriers) => {
                    let id = RouterId(self.next_id);
                    self.next_id += 1;
                    let NewRouter { config, state } = router;
                    let instance = Instance::new(id, config, state, carriers, claim);
                    instances.push((key, instance));
                    added.push(key);
                }
                Err(error) => failed.push((key, error)),
            }
        }
        // All at once: nodes of the tree that are filled one by one in order stay half empty.
        self.instances.append(&mut instances.into_iter().collect());
        for (key, error) in self.clean_up(&added) {
            added.retain(|added| *added != key);
            self.withdraw(key);
            failed.push((key, error));
        }
        if self.has_blocked(&added)
            && let Err(error) = self.block_addresses()
        {
            let error = Arc::new(error);
            let (kept, refused): (Vec<Key>, Vec<Key>) = added.into_iter().partition(|key| {
                self.instances.get(key).is_some_and(|i| i.config.router.accepts())
            });
            added = kept;
            for key in refused {
                self.withdraw(key);
                failed.push((key, Arc::clone(&error).into()));
            }
        }
        for place in added.iter().map(|key| key.interface).collect::<BTreeSet<_>>() {
            self.set_room(place);
        }
        self.promote_secondaries(&added);
        for key in &added {
            self.begin(*key);
        }
        self.starting.extend(added);
        self.start_some();
        // Whoever adds one sees its state.
        self.perform_all();
        // What was opened for routers that cannot be added.
        for place in 0..self.interfaces.len() {
            self.close_unused_sockets(place);
        }
        let outcome = |outcome: Result<Key, AddError>| {
            let key = outcome?;
            if let Some(at) = failed.iter().position(|(other, _)| *other == key) {
                return Err(failed.swap_remove(at).1);
            }
            let id = self.instances.get(&key).map(|instance| instance.id);
            id.ok_or(AddError::Stopped(crate::error::Stopped))
        };
        outcomes.into_iter().map(outcome).collect()
    }

    /// Where routers want the kernel to promote secondary addresses, it does.
    pub(super) fn promote_secondaries(&mut self, keys: &[Key]) {
        let mut changes = Vec::new();
        for key in keys {
            if self.instances.get(key).is_some_and(|i| i.config.promotes_secondaries) {
                let link = self.interfaces[key.interface].link();
                changes.extend(self.tuning.take(key.interface, link, &PROMOTE));
            }
        }
        self.tune(&changes);
    }

    pub(super) fn stop_promoting(&mut self, key: Key) {
        let index = self.interfaces[key.interface].index();
        let change = self.tuning.give_back(key.interface, index, &PROMOTE);
        self.tune(change.as_slice());
    }

    pub(super) fn tune(&mut self, changes: &[LinkSettings]) {
        if changes.is_empty() {
            return;
        }
        let outcome = self.table.change_links(changes).map_err(|e| crate::error::chain(&e));
        let all = outcome.and_then(|outcomes| {
            let all: Result<(), _> = outcomes.into_iter().collect();
            all.map_err(|error| crate::error::chain(&error))
        });
        if let Err(error) = all {
            tracing::warn!(error, "a setting of an interface could not be changed");
        }
    }

    /// What can be found out and opened before anything is changed.
    fn prepare(&mut self, config: &RouterConfig) -> Result<(Key, Claim), AddError> {
        let is_ipv6 = config.router.is_ipv6();
        let interface = match self.interface(&config.interface) {
            Err(AddError::NoInterface { .. }) if config.awaits_interfaces => {
                self.interfaces.place_for(&config.interface)
            }
            found => found?,
        };
        let key = Key { interface, is_ipv6, vrid: config.router.vrid() };
        let in_use = || AddError::VridInUse { interface: config.interface.clone(), vrid: key.vrid };
        if self.instances.contains_key(&key) {
            return Err(in_use());
        }
        let claim = Claim::new(&config.interface, is_ipv6, key.vrid)?;
        if let Some(listener) = claim.listener() {
            let event = EpollEvent::new(EpollFlags::EPOLLIN, token::CLAIM);
            self.epoll.add(listener, event).map_err(|errno| AddError::Socket {
                interface: config.interface.clone(),
                action: "claim the VRID",
                source: errno.into(),
            })?;
        }
        let is_there = self.interfaces[interface].index().is_some();
        let sockets = match is_there {
            true => self.open_sockets(interface, Needs::of(config)),
            false => Ok(()),
        };
        sockets.and_then(|()| self.register_devices(config))?;
        Ok((key, claim))
    }

    /// Starts the state machine of a router whose instance is there.
    fn begin(&mut self, key: Key) {
        let Some(instance) = self.instances.get(&key) else { return };
        if instance.config.router.lacks_link_local() {
            tracing::warn!(
                interface = instance.config.interface,
                vrid = key.vrid.get(),
                "no virtual link-local address; RFC 9568 section 5.2.9 demands one"
            );
        }
        let router = VirtualRouter::new(instance.config.router.clone());
        let lacks_peer = instance.config.lacks_peer();
        let group = instance.config.group.clone();
        self.keys.insert(instance.id, key);
        // No other has this key: there was no instance.
        let _ = self.routers.insert(key, router);
        let group = self.group(group.as_deref());
        self.routers.join(&key, group);
        if lacks_peer {
            self.input(key, Input::Fault(Fault::NoPeer));
        }
        self.look_at_tracked(key);
        self.tell_router(key);
    }

    /// Starts the next routers that wait for it.
    pub(super) fn start_some(&mut self) {
        for _ in 0..STARTS {
            let Some(key) = self.starting.pop_front() else { break };
            self.follow(key);
        }
        self.start_due = (!self.starting.is_empty()).then(|| self.now() + START_PAUSE);
    }

    /// Takes back what was made for a router that cannot be added.
    fn withdraw(&mut self, key: Key) {
        if let Some(instance) = self.instances.remove(&key) {
            self.unassign(key, &instance.config);
            self.drop_carriers(&instance.carriers);
        }
        self.close_unused_sockets(key.interface);
    }

    /// Interfaces that a router needs besides its own are watched. Those for addresses have to exist.
    pub(super) fn register_devices(&mut self, config: &RouterConfig) -> Result<(), AddError> {
        for address in config.all_addresses() {
            if let Some(name) = address.device_name() {
                let found = self.interface(name);
                if !(config.awaits_interfaces && matches!(found, Err(AddError::NoInterface { .. })))
                {
                    found?;
                }
            }
        }
        let tracked = config.tracked.iter().filter_map(|(tracked, _)| match tracked {
            Tracked::Interface(name) => Some(name.as_str()),
            Tracked::Item(_) => None,
        });
        for name in config.devices().chain(tracked) {
            self.register(name);
        }
        Ok(())
    }

    pub(super) fn group(&mut self, name: Option<&str>) -> Option<GroupId> {
        let name = name?;
        let next = GroupId(u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
        Some(*self.groups.entry(name.to_owned()).or_insert(next))
    }
}

impl RouterConfig {
    pub(super) fn lacks_peer(&self) -> bool {
        matches!(&self.delivery, Delivery::Unicast(u) if u.needs_peer && u.peers.is_empty())
    }
}
