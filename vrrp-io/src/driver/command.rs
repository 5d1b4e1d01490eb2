//! What an application asks for.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::mpsc::{SyncSender, TryRecvError};

use nix::sys::epoll::{EpollEvent, EpollFlags};
use vrrp_fsm::proto::{Priority, Signer, Verifier};
use vrrp_fsm::{Action, Fault, Input, State, VirtualRouter};

use super::claim::Claim;
use super::{Counters, Driver, Instance, Key, RouterId, Status, token};
use crate::config::RouterConfig;
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
    Counters(SyncSender<Counters>),
    Exit,
}

/// Whoever asked may have given up waiting.
fn answer<T>(reply: &SyncSender<T>, value: T) {
    let _ = reply.try_send(value);
}

impl Driver {
    pub(super) fn take_commands(&mut self) -> ControlFlow<()> {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Exit) | Err(TryRecvError::Disconnected) => {
                    return ControlFlow::Break(());
                }
                Ok(command) => self.take_command(command),
                Err(TryRecvError::Empty) => return ControlFlow::Continue(()),
            }
        }
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
                let done = self.key(id).map(|key| self.input(key, Input::SetPriority(priority)));
                answer(&reply, done);
            }
            Command::SetFit { id, is_fit, reply } => {
                let input = match is_fit {
                    true => Input::Recovered(Fault::Tracking),
                    false => Input::Fault(Fault::Tracking),
                };
                let done = self.key(id).map(|key| self.input(key, input));
                answer(&reply, done);
            }
            Command::Reconfigure { id, config, reply } => {
                let done = self.key(id).map(|key| self.reconfigure(key, *config));
                answer(&reply, done);
            }
            Command::Stop(id, reply) => {
                let done = self.key(id).map(|key| self.stop(key));
                answer(&reply, done);
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
            .open_sockets(interface, is_ipv6, config.uses_ah())
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
        let id = self.next_id;
        self.next_id += 1;
        self.keys.insert(id, key);
        self.instances.insert(key, Instance::new(id, config, state, claim));
        self.tell_interface(interface);
        self.input(key, Input::Startup);
        Ok(id)
    }

    fn reconfigure(&mut self, key: Key, config: RouterConfig) -> Result<(), ReconfigureError> {
        let refused = |error| ReconfigureError::Refused(Box::new(error));
        let Some(instance) = self.instances.get(&key) else {
            return Err(crate::error::Stopped.into());
        };
        if instance.config.interface != config.interface {
            return Err(ReconfigureError::NotSameRouter);
        }
        if self.interfaces[key.interface].index().is_some() {
            let uses_ah = config.uses_ah();
            self.open_sockets(key.interface, key.is_ipv6, uses_ah).map_err(refused)?;
        }
        let leftovers = self.leftovers(key, &config).map_err(refused)?;
        let now = self.now();
        let Some(Ok(actions)) = self.routers.reconfigure(now, &key, config.router.clone()) else {
            return Err(ReconfigureError::NotSameRouter);
        };
        let mut has_other_prefixes = false;
        if let Some(instance) = self.instances.get_mut(&key) {
            if instance.config.authentication != config.authentication {
                let sequence = super::instance::initial_sequence();
                instance.signer = Signer::new(config.authentication.clone(), sequence);
                instance.verifier = Verifier::new(config.authentication.clone());
            }
            has_other_prefixes = instance.config.addresses != config.addresses;
            instance.config = config;
        }
        let is_put_on = actions
            .iter()
            .any(|action| matches!(action, Action::ReplaceAddresses | Action::AddAddresses));
        self.perform(key, actions);
        let is_active = self.routers.get(&key).is_some_and(|r| r.state() == State::Active);
        if is_active {
            // The state machine does not know prefix lengths.
            if has_other_prefixes
                && !is_put_on
                && !self.perform_action(key, Action::ReplaceAddresses)
            {
                self.input(key, Input::Failed(Action::ReplaceAddresses));
            }
        } else {
            self.orphans.extend(leftovers);
            self.remove_orphans();
            self.read_addresses(key.interface);
        }
        self.tell_interface(key.interface);
        Ok(())
    }

    fn stop(&mut self, key: Key) {
        self.input(key, Input::Shutdown);
        // What could not be removed, now or earlier, is not forgotten with the router. The failure
        // was told already.
        let _ = self.remove_addresses(key, |_| true);
        self.routers.remove(&key);
        if let Some(instance) = self.instances.remove(&key) {
            self.keys.remove(&instance.id);
            self.orphans.extend(instance.installed);
        }
        self.close_unused_sockets(key.interface);
        self.tell_interface(key.interface);
    }

    pub(super) fn stop_all(&mut self) {
        while let Some(key) = self.instances.keys().next().copied() {
            self.stop(key);
        }
    }
}
