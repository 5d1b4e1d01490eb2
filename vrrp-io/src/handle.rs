//! What an application holds.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};

use netlink_nft::Settings as FirewallSettings;
use nix::sys::eventfd::{EfdFlags, EventFd};
use vrrp_fsm::proto::Priority;
use vrrp_fsm::{Standing, State};

use crate::code::{state_code, state_from};
use crate::config::{
    AnnouncementLimits, InterfaceSettings, RouterConfig, VirtualAddress, VirtualRoute, VirtualRule,
};
use crate::driver::{Command, Counters, Driver, KeptItems, NewRouter, Status};
use crate::error::{AddError, ReconfigureError, StartError, Stopped};
use crate::events::Events;
use crate::id::RouterId;
use crate::start::VrrpBuilder;

/// The thread that runs virtual routers.
///
/// Clones are handles to the same thread. It ends when the last handle and the last [`Router`] are
/// dropped, and hands over and takes the addresses away before.
#[derive(Clone, Debug)]
pub struct Vrrp(Arc<Thread>);

struct Thread {
    id: ThreadId,
    commands: mpsc::Sender<Command>,
    wake: Arc<EventFd>,
    join: Mutex<Option<JoinHandle<()>>>,
}

impl Vrrp {
    /// Starts a thread in the network namespace of the calling one.
    ///
    /// # Errors
    /// [`StartError`]; it names the capability when one is missing.
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// For a thread with settings.
    pub fn builder() -> VrrpBuilder {
        VrrpBuilder::default()
    }

    pub(crate) fn start_with(builder: VrrpBuilder) -> Result<Self, StartError> {
        let system = |action| move |source| StartError::System { action, source };
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let wake = EventFd::from_value_and_flags(0, flags)
            .map_err(|errno| system("make an eventfd")(errno.into()))?;
        let wake = Arc::new(wake);
        let (commands, receiver) = mpsc::channel();
        let (started, outcome) = mpsc::sync_channel(1);
        let wake_of_thread = Arc::clone(&wake);
        let run = move || {
            let VrrpBuilder { prepare, when_late, command_buffer, monitor_buffer, firewall } =
                builder;
            let firewall = firewall.unwrap_or_else(|| FirewallSettings::new("vrrp"));
            if let Some(prepare) = prepare {
                prepare();
            }
            let buffers = (command_buffer, monitor_buffer);
            match Driver::new(receiver, wake_of_thread, when_late, buffers, firewall) {
                Ok(driver) => {
                    // Whoever started us waits for this.
                    let _ = started.send(Ok(()));
                    driver.run();
                }
                Err(error) => {
                    let _ = started.send(Err(error));
                }
            }
        };
        let join = thread::Builder::new()
            .name("vrrp".into())
            .spawn(run)
            .map_err(system("start the thread"))?;
        outcome.recv().map_err(|error| system("start the thread")(io::Error::other(error)))??;
        let id = join.thread().id();
        Ok(Self(Arc::new(Thread { id, commands, wake, join: Mutex::new(Some(join)) })))
    }

    /// Starts a virtual router. It is Backup at first, unless it owns the addresses.
    ///
    /// Virtual addresses that an earlier process of ours left on the interface are removed.
    ///
    /// # Errors
    /// [`AddError`]. An interface that is down or has no address is no error: the router is in
    /// [`State::Fault`] until it can run.
    pub fn add(&self, config: impl Into<Arc<RouterConfig>>) -> Result<Router, AddError> {
        let mut added = self.add_all([config])?;
        added.pop().unwrap_or(Err(Stopped.into()))
    }

    /// Starts many virtual routers and says of each what became of it. What they need of the kernel is asked for
    /// together, so that a thousand of them start within moments.
    ///
    /// # Errors
    /// [`Stopped`]; the inner ones are those of [`add`](Self::add).
    pub fn add_all(
        &self,
        configs: impl IntoIterator<Item = impl Into<Arc<RouterConfig>>>,
    ) -> Result<Vec<Result<Router, AddError>>, Stopped> {
        let (mut routers, mut states) = (Vec::new(), Vec::new());
        for config in configs {
            let state = Arc::new(AtomicU8::new(state_code(State::Initialize)));
            states.push(Arc::clone(&state));
            routers.push(NewRouter { config: config.into(), state });
        }
        let added = self.0.ask(|reply| Command::Add(routers, reply))?;
        let handle = |(added, state): (Result<RouterId, AddError>, _)| {
            let running = Running { id: added?, state, thread: Arc::clone(&self.0) };
            Ok(Router(Arc::new(running)))
        };
        Ok(added.into_iter().zip(states).map(handle).collect())
    }

    /// The events of all routers from now on, in the order in which they happened.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn events(&self) -> Result<Events, Stopped> {
        self.0.ask(Command::SubscribeToAll)
    }

    /// Everything about all routers at one moment.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn status(&self) -> Result<Vec<(RouterId, Status)>, Stopped> {
        self.0.ask(Command::StatusOfAll)
    }

    /// Says how something is that routers [track](crate::Tracked::Item). It holds until the next
    /// report, also for routers that are added later.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn report(&self, item: impl Into<String>, standing: Standing) -> Result<(), Stopped> {
        let item = item.into();
        self.0.ask(|reply| Command::Report { item, standing, reply })
    }

    /// As [`report`](Self::report), without waiting until it is known: for threads that have no time to wait.
    /// Reports arrive in their order.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn report_later(&self, item: impl Into<String>, standing: Standing) -> Result<(), Stopped> {
        let (reply, _) = mpsc::sync_channel(1);
        self.0.tell(Command::Report { item: item.into(), standing, reply })
    }

    /// Has these addresses, routes and rules, whatever the routers do: what is new is added, what was kept
    /// before and is not named any more is removed. They go when the thread ends.
    ///
    /// Every address has to name its [device](VirtualAddress::device). What fails is logged, and tried
    /// again when interfaces or addresses change.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn keep(
        &self,
        addresses: impl IntoIterator<Item = VirtualAddress>,
        routes: impl IntoIterator<Item = VirtualRoute>,
        rules: impl IntoIterator<Item = VirtualRule>,
    ) -> Result<(), Stopped> {
        let items = KeptItems {
            addresses: addresses.into_iter().collect(),
            routes: routes.into_iter().collect(),
            rules: rules.into_iter().collect(),
        };
        self.0.ask(|reply| Command::Keep(items, reply))
    }

    /// Announces addresses no faster than this from now on (default: as fast as they come).
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn limit_announcements(&self, limits: AnnouncementLimits) -> Result<(), Stopped> {
        self.0.ask(|reply| Command::LimitAnnouncements(limits, reply))
    }

    /// Watches interfaces like this from now on.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn watch_interfaces(&self, settings: InterfaceSettings) -> Result<(), Stopped> {
        self.0.ask(|reply| Command::SetInterfaces(settings, reply))
    }

    /// Stops all routers: every Active one says so with priority 0, and then the addresses are
    /// removed. Returns when that is done.
    ///
    /// # Errors
    /// [`Stopped`] when the thread was gone before.
    pub fn stop(&self) -> Result<(), Stopped> {
        self.0.ask(Command::StopAll)
    }

    /// As [`stop`](Self::stop), but addresses and routes stay where they are.
    ///
    /// # Errors
    /// [`Stopped`] when the thread was gone before.
    pub fn stop_and_leave(&self) -> Result<(), Stopped> {
        self.0.ask(Command::StopAndLeave)
    }

    /// Sets all counters to zero.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn clear_stats(&self) -> Result<(), Stopped> {
        self.0.ask(Command::ClearStats)
    }

    /// Counters of packets that could not be charged to a router.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn counters(&self) -> Result<Counters, Stopped> {
        self.0.ask(Command::Counters)
    }
}

/// A running virtual router.
///
/// Clones are handles to the same router. When the last is dropped, the router hands over (priority
/// 0) and takes its addresses off the interface; `drop` returns when that is done.
#[derive(Clone, Debug)]
pub struct Router(Arc<Running>);

struct Running {
    id: RouterId,
    state: Arc<AtomicU8>,
    thread: Arc<Thread>,
}

impl Router {
    /// What tells it apart.
    pub fn id(&self) -> RouterId {
        self.0.id
    }

    /// The state at this moment. Costs one atomic read.
    pub fn state(&self) -> State {
        state_from(self.0.state.load(Ordering::Acquire))
    }

    /// Everything about the router at this moment.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn status(&self) -> Result<Status, Stopped> {
        self.ask(Command::Status)
    }

    /// The events from now on.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn events(&self) -> Result<Events, Stopped> {
        self.ask(Command::Subscribe)
    }

    /// Runs with another priority from now on. Nobody is told at once; the next advertisement does.
    /// 0 counts as 1 and 255 as 254, and the owner of the addresses stays what it is.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn set_priority(&self, priority: Priority) -> Result<(), Stopped> {
        self.ask(|id, reply| Command::SetPriority { id, priority, reply })
    }

    /// Says that something the application needs for this role is missing, or is back. While it is
    /// missing the router is in [`State::Fault`], and another one serves.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn set_fit(&self, is_fit: bool) -> Result<(), Stopped> {
        self.ask(|id, reply| Command::SetFit { id, is_fit, reply })
    }

    /// Takes a new configuration and keeps the role. A priority that was set before is forgotten; what was
    /// said of the fitness stays.
    ///
    /// # Errors
    /// [`ReconfigureError`]; the router then runs on as it was.
    pub fn reconfigure(
        &self,
        config: impl Into<Arc<RouterConfig>>,
    ) -> Result<(), ReconfigureError> {
        self.ask(|id, reply| Command::Reconfigure { id, config: config.into(), reply })?
    }

    /// Hands over and takes the addresses away, whoever else holds a handle. Returns when that is
    /// done; a second call does nothing.
    pub fn stop(&self) {
        // A thread that is gone has stopped its routers.
        let _ = self.ask(Command::Stop);
    }

    fn ask<T>(
        &self,
        command: impl FnOnce(RouterId, SyncSender<Option<T>>) -> Command,
    ) -> Result<T, Stopped> {
        self.0.ask(command)
    }
}

impl Running {
    fn ask<T>(
        &self,
        command: impl FnOnce(RouterId, SyncSender<Option<T>>) -> Command,
    ) -> Result<T, Stopped> {
        self.thread.ask(|reply| command(self.id, reply))?.ok_or(Stopped)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Stopped before, or the thread is gone: both are fine.
        let _ = self.ask(Command::Stop);
    }
}

impl Thread {
    /// Sends a command and waits for the answer.
    fn ask<T>(&self, command: impl FnOnce(SyncSender<T>) -> Command) -> Result<T, Stopped> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.tell(command(reply))?;
        if self.is_current() {
            // It would wait for itself. What was asked for is done in its next turn.
            return Err(Stopped);
        }
        answer.recv().map_err(|_| Stopped)
    }

    fn tell(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).map_err(|_| Stopped)?;
        self.wake.write(1).map(drop).map_err(|_| Stopped)
    }

    /// Whether this is the VRRP thread: a waker or a `tracing` subscriber of the application that runs
    /// on it may drop a handle.
    fn is_current(&self) -> bool {
        thread::current().id() == self.id
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let is_told = self.commands.send(Command::Exit).is_ok() && self.wake.write(1).is_ok();
        if is_told && !self.is_current() {
            let join = self.join.lock().unwrap_or_else(PoisonError::into_inner).take();
            // A panic of the thread was a bug; it has been printed, and dropping must not panic.
            let _ = join.map(JoinHandle::join);
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").finish_non_exhaustive()
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("id", &self.id).finish_non_exhaustive()
    }
}
