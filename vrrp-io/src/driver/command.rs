//! What an application asks for.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TryRecvError};

use vrrp_fsm::Standing;
use vrrp_fsm::proto::Priority;

use super::add::NewRouter;
use super::keep::KeptItems;
use super::{Counters, Driver, Key, RouterId, Status};
use crate::config::{AnnouncementLimits, InterfaceSettings, RouterConfig};
use crate::error::{AddError, ReconfigureError};
use crate::events::Events;

/// A request to the thread; the answer goes through `reply`, `None` for a router that is gone.
pub(crate) enum Command {
    Add(Vec<NewRouter>, SyncSender<Vec<Result<RouterId, AddError>>>),
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
        config: Arc<RouterConfig>,
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
    Keep(KeptItems, SyncSender<()>),
    LimitAnnouncements(AnnouncementLimits, SyncSender<()>),
    SetInterfaces(InterfaceSettings, SyncSender<()>),
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
            Command::Add(routers, reply) => {
                let added = self.add(routers);
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
                    self.perform_all();
                });
                answer(&reply, done);
            }
            Command::SetFit { id, is_fit, reply } => {
                let done = self.key(id).map(|key| {
                    if let Some(instance) = self.instances.get_mut(&key) {
                        instance.is_fit = is_fit;
                    }
                    self.follow(key);
                    self.perform_all();
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
            Command::Keep(items, reply) => {
                self.keep(items);
                answer(&reply, ());
            }
            Command::LimitAnnouncements(limits, reply) => {
                self.limiter.set(limits);
                answer(&reply, ());
            }
            Command::SetInterfaces(settings, reply) => {
                self.set_interfaces(settings);
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
}
