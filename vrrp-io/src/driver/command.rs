//! What an application asks for.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::mpsc::{SyncSender, TryRecvError};

use nix::sys::epoll::{EpollEvent, EpollFlags};
use vrrp_fsm::proto::Priority;
use vrrp_fsm::{Action, Actions, Fault, GroupId, Input, Standing, VirtualRouter};

use super::claim::Claim;
use super::interface::Needs;
use super::{Counters, Driver, Instance, Key, RouterId, Status, token};
use crate::config::{Delivery, RouterConfig, Tracked, VirtualAddress, VirtualRoute};
use crate::error::{AddError, ReconfigureError};
use crate::events::Events;

/// A request to the thread; the answer goes through `reply`, `None` for a router that is gone.
pub(crate) enum Command {
    Add {
        config: Box<RouterConfig>,
        state: Arc<AtomicU8>,
        reply: SyncSender<Result<RouterId, AddError>>,
    },
    Status(RouterId, SyncSender<Option<Status>>),
    Subscribe(RouterId, SyncSender<Option<Events>>),
    SetPriority {
        id: RouterId,
        priority: Priority,
        reply: SyncSender<Option<()>>,
    },
    SetFit {
        id: RouterId,
        is_fit: bool,
        reply: SyncSender<Option<()>>,
    },
    Reconfigure {
        id: RouterId,
        config: Box<RouterConfig>,
        reply: SyncSender<Option<Result<(), ReconfigureError>>>,
    },
    Stop(RouterId, SyncSender<Option<()>>),
    SubscribeToAll(SyncSender<Events>),
    StatusOfAll(SyncSender<Vec<(RouterId, Status)>>),
    Report {
        item: String,
        standing: Standing,
        reply: SyncSender<()>,
    },
    Keep {
        addresses: Vec<VirtualAddress>,
        routes: Vec<VirtualRoute>,
        reply: SyncSender<()>,
    },
    StopAll(SyncSender<()>),
    StopAndLeave(SyncSender<()>),
    ClearStats(SyncSender<()>),
    Counters(SyncSender<Counters>),
    Exit,
}

/// Whoever asked may have given up waiting.
fn answer<T>(reply: &SyncSender<T>, value: T) {
    let _ = reply.try_send(value);
}

impl Driver {
    /// Takes one command, so that packets and timers have their turn between two.
    pub(super) fn take_next_command(&mut self) -> ControlFlow<()> {
        match self.commands.try_recv() {
            Ok(Command::Exit) | Err(TryRecvError::Disconnected) => return ControlFlow::Break(()),
            Err(TryRecvError::Empty) => {}
            Ok(command) => {
                self.take_command(command);
                // There may be another one.
                let _ = self.wake.write(1);
            }
        }
        ControlFlow::Continue(())
    }

    fn take_command(&mut self, command: Command) {
        match command {
            Command::Add { config, state, reply } => {
                let added = self.add(*config, state);
                answer(&reply, added);
            }
            Command::Status(id, reply) => {
                let status = self.key(id).and_then(|key| self.status(&key));
                answer(&reply, status);
            }
            Command::Subscribe(id, reply) => {
                let instance = self.key(id).and_then(|key| self.instances.get_mut(&key));
                answer(&reply, instance.map(|instance| instance.subscribers.subscribe()));
            }
            Command::SetPriority { id, priority, reply } => {
                let done = self.key(id).map(|key| {
                    if let Some(instance) = self.instances.get_mut(&key) {
                        let is_owner = instance.config.router.priority().is_owner();
                        let lowest = priority.clamp(Priority::MIN, Priority::MAX_NOT_OWNER);
                        instance.base = if is_owner { instance.base } else { lowest };
                    }
                    self.follow(key);
                });
                answer(&reply, done);
            }
            Command::SetFit { id, is_fit, reply } => {
                let done = self.key(id).map(|key| {
                    if let Some(instance) = self.instances.get_mut(&key) {
                        instance.is_fit = is_fit;
                    }
                    self.follow(key);
                });
                answer(&reply, done);
            }
            Command::Reconfigure { id, config, reply } => {
                let done = self.key(id).map(|key| self.reconfigure(key, &config));
                answer(&reply, done);
            }
            Command::Stop(id, reply) => {
                let done = self.key(id).map(|key| self.stop(key));
                answer(&reply, done);
            }
            Command::SubscribeToAll(reply) => answer(&reply, self.subscribers.subscribe_to_all()),
            Command::StatusOfAll(reply) => {
                let all = self.keys.iter();
                let all = all.filter_map(|(id, key)| Some((*id, self.status(key)?))).collect();
                answer(&reply, all);
            }
            Command::Report { item, standing, reply } => {
                self.report(item, standing);
                answer(&reply, ());
            }
            Command::Keep { addresses, routes, reply } => {
                self.keep(addresses, routes);
                answer(&reply, ());
            }
            Command::StopAll(reply) => {
                self.stop_all();
                self.drop_kept();
                self.remove_orphans();
                answer(&reply, ());
            }
            Command::StopAndLeave(reply) => {
                self.leaves = true;
                self.stop_all();
                answer(&reply, ());
            }
            Command::ClearStats(reply) => {
                self.routers.clear_stats();
                self.counters = Counters::default();
                answer(&reply, ());
            }
            Command::Counters(reply) => answer(&reply, self.counters),
            Command::Exit => {}
        }
    }

    fn key(&self, id: RouterId) -> Option<Key> {
        self.keys.get(&id).copied()
    }

    /// Opens what the router needs first, so that a failure leaves nothing behind.
    fn add(&mut self, config: RouterConfig, state: Arc<AtomicU8>) -> Result<RouterId, AddError> {
        let is_ipv6 = config.router.is_ipv6();
        let interface = self.interface(&config.interface)?;
        let key = Key { interface, is_ipv6, vrid: config.router.vrid() };
        if self.instances.contains_key(&key) {
            return Err(AddError::VridInUse { interface: config.interface, vrid: key.vrid });
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
        let prepared = self
            .open_sockets(interface, Needs::of(&config))
            .and_then(|()| self.register_devices(&config))
            .and_then(|()| self.clean_up(key, &config));
        if let Err(error) = prepared {
            self.close_unused_sockets(interface);
            return Err(error);
        }
        if config.router.lacks_link_local() {
            tracing::warn!(
                interface = config.interface,
                vrid = key.vrid.get(),
                "no virtual link-local address; RFC 9568 section 5.2.9 demands one"
            );
        }
        let router = VirtualRouter::new(config.router.clone());
        self.routers.insert(key, router).map_err(|_| AddError::VridInUse {
            interface: config.interface.clone(),
            vrid: key.vrid,
        })?;
        let id = RouterId(self.next_id);
        self.next_id += 1;
        self.keys.insert(id, key);
        let group = self.group(config.group.as_deref());
        let lacks_peer = config.lacks_peer();
        self.instances.insert(key, Instance::new(id, config, state, claim));
        self.routers.join(&key, group);
        if lacks_peer {
            self.input(key, Input::Fault(Fault::NoPeer));
        }
        self.look_at_tracked(key);
        self.tell_router(key);
        self.follow(key);
        Ok(id)
    }

    /// Interfaces that a router needs besides its own are watched. Those for addresses have to exist.
    pub(super) fn register_devices(&mut self, config: &RouterConfig) -> Result<(), AddError> {
        for address in config.all_addresses() {
            if let Some(name) = address.device_name() {
                self.interface(name)?;
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

    fn stop(&mut self, key: Key) {
        self.input(key, Input::Shutdown);
        self.forget(key);
        // What it had on the interface may have hidden another address.
        self.tell_interface(key.interface);
    }

    fn forget(&mut self, key: Key) {
        // What could not be removed, now or earlier, is not forgotten with the router. The failure
        // was told already.
        self.remove_routes(key, |_| true);
        let _ = self.remove_addresses(key, |_| true);
        self.routers.remove(&key);
        if let Some(instance) = self.instances.remove(&key) {
            self.keys.remove(&instance.id);
            self.orphans.extend(instance.installed);
        }
        self.close_unused_sockets(key.interface);
        // Members of its group may have waited for it.
        self.perform(key, Actions::none());
    }

    /// First every Active router says that it stops, and then addresses are removed: a thousand of
    /// them take a while.
    pub(super) fn stop_all(&mut self) {
        let keys: Vec<Key> = self.instances.keys().copied().collect();
        for key in &keys {
            // Members stop one by one; what happens to one is not to happen to the others.
            self.routers.join(key, None);
        }
        let mut rest = Vec::new();
        for key in keys {
            let now = self.now();
            let Some(actions) = self.routers.handle(now, &key, Input::Shutdown) else { continue };
            for action in actions {
                match action {
                    Action::Transmit(_) => {
                        self.perform_action(key, action);
                    }
                    action => rest.push((key, action)),
                }
            }
        }
        for (key, action) in &rest {
            if !self.leaves || matches!(action, Action::Notify(_)) {
                self.perform_action(*key, *action);
            }
        }
        let leaves = self.leaves;
        while let Some(key) = self.instances.keys().next().copied() {
            if leaves && let Some(instance) = self.instances.get_mut(&key) {
                instance.installed.clear();
                instance.installed_routes.clear();
            }
            self.forget(key);
        }
    }
}

impl RouterConfig {
    pub(super) fn lacks_peer(&self) -> bool {
        matches!(&self.delivery, Delivery::Unicast(u) if u.needs_peer && u.peers.is_empty())
    }
}
