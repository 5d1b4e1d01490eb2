//! The thread: one epoll loop that feeds packets, timers and commands to the routers and performs
//! what they ask for.

mod accept;
mod add;
mod address;
mod address_set;
mod announce;
mod assign;
mod carrier;
mod claim;
mod command;
mod duties;
mod follow;
mod instance;
mod interfaces;
mod keep;
mod leftovers;
mod links;
mod origin;
mod outlook;
mod perform;
mod proof;
mod put_back;
mod receive;
mod reconfigure;
mod reverse_path;
mod routes;
mod rules;
mod settle;
mod sockets;
mod stop;
mod sysctl;
mod transmit;
mod tuning;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::Receiver as Commands;
use std::time::{Duration, Instant};

use netlink_addr::{Announcer, Monitor, RouteTable};
use netlink_nft::{Firewall, Settings as FirewallSettings};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use vrrp_fsm::proto::{Priority, Vrid};
use vrrp_fsm::{GroupId, RouterSet, Standing, Timestamp};

use crate::error::StartError;
use crate::events::Subscribers;
use crate::id::RouterId;
use crate::socket::{Outbox, Receiver, Sender};
use crate::start::WhenLate;

pub(crate) use add::NewRouter;
pub(crate) use command::Command;
pub use instance::Status;
pub(crate) use keep::KeptItems;
pub use receive::Counters;

use address_set::AddressSet;
use announce::{Limiter, Schedule};
use duties::Duties;
use instance::Instance;
use interfaces::Interfaces;
use keep::Kept;
use reverse_path::ReversePath;
use settle::Polling;
use tuning::Tuning;

/// A VRID exists once per interface and family (RFC 9568 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    interface: usize,
    is_ipv6: bool,
    vrid: Vrid,
}

impl Key {
    /// Before all others of an interface.
    fn first(interface: usize) -> Self {
        Self { interface, is_ipv6: false, vrid: Vrid::MIN }
    }
}

/// What epoll tells about; sockets of interface `n` follow at `SOCKETS + 4 n`.
mod token {
    pub(super) const COMMAND: u64 = 0;
    pub(super) const TIMER: u64 = 1;
    pub(super) const CHANGE: u64 = 2;
    pub(super) const CLAIM: u64 = 3;
    pub(super) const ROUTE: u64 = 4;
    pub(super) const SOCKETS: u64 = 8;
}

/// More sockets than a thread has, so that one wait tells of all.
const READY: usize = 1024;

pub(crate) struct Driver {
    epoch: Instant,
    epoll: Epoll,
    timer: TimerFd,
    /// What the timer is set to.
    armed: Option<Timestamp>,
    wake: Arc<EventFd>,
    commands: Commands<Command>,
    when_late: Option<WhenLate>,
    monitor: Monitor,
    table: RouteTable,
    announcer: Announcer,
    /// What is announced later.
    schedule: Schedule,
    limiter: Limiter,
    receiver: Receiver,
    sender: Sender,
    /// Advertisements that wait to be sent together.
    outbox: Outbox<(Key, Priority)>,
    routers: RouterSet<Key>,
    /// What is still to be done.
    duties: Duties,
    instances: BTreeMap<Key, Instance>,
    keys: BTreeMap<RouterId, Key>,
    next_id: u64,
    /// Routers that are to be started, and when the next of them are.
    starting: VecDeque<Key>,
    start_due: Option<Timestamp>,
    interfaces: Interfaces,
    polling: Polling,
    tuning: Tuning,
    firewall: Option<Firewall>,
    firewall_settings: FirewallSettings,
    reverse_path: ReversePath,
    /// Whose an address of an interface is, be it put there at the moment or not.
    assigned: BTreeMap<(usize, IpAddr), Key>,
    counters: Counters,
    /// Addresses that could not be removed, of routers that are gone or never had them.
    orphans: AddressSet,
    /// Routes that could not be removed.
    orphan_routes: Vec<netlink_addr::Route>,
    /// Rules that could not be removed.
    orphan_rules: Vec<netlink_addr::Rule>,
    /// When to look at everything again, after something failed.
    resync_due: Option<Timestamp>,
    /// Whether addresses tell who put them there.
    keeps_origin: bool,
    /// Those who want to know of all routers.
    subscribers: Subscribers,
    /// What the application reported.
    items: BTreeMap<String, Standing>,
    /// Groups by name.
    groups: BTreeMap<String, GroupId>,
    /// Watched when a route is to be kept.
    route_monitor: Option<Monitor>,
    kept: Kept,
    /// Packets of routers that are not here are logged, each such router once a minute.
    unknown: Option<BTreeMap<(usize, u8), Timestamp>>,
    /// What was installed stays when the thread ends.
    leaves: bool,
}

impl Driver {
    pub(crate) fn new(
        commands: Commands<Command>,
        wake: Arc<EventFd>,
        when_late: Option<WhenLate>,
        (command_buffer, monitor_buffer): (Option<usize>, Option<(usize, bool)>),
        firewall_settings: FirewallSettings,
    ) -> Result<Self, StartError> {
        let failed =
            |action| move |errno: Errno| StartError::System { action, source: errno.into() };
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(failed("epoll"))?;
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags).map_err(failed("timerfd"))?;
        let monitor = Monitor::open()?;
        if let Some((octets, force)) = monitor_buffer {
            monitor.set_receive_buffer(octets, force)?;
        }
        let mut table = RouteTable::open()?;
        if let Some(octets) = command_buffer {
            table.set_receive_buffer(octets)?;
        }
        let event = |token| EpollEvent::new(EpollFlags::EPOLLIN, token);
        epoll.add(&*wake, event(token::COMMAND)).map_err(failed("epoll"))?;
        epoll.add(&timer, event(token::TIMER)).map_err(failed("epoll"))?;
        epoll.add(&monitor, event(token::CHANGE)).map_err(failed("epoll"))?;
        Ok(Self {
            epoch: Instant::now(),
            epoll,
            timer,
            armed: None,
            wake,
            commands,
            when_late,
            monitor,
            table,
            announcer: Announcer::open()?,
            schedule: Schedule::default(),
            limiter: Limiter::default(),
            receiver: Receiver::new(),
            sender: Sender::new(),
            outbox: Outbox::default(),
            routers: RouterSet::new(),
            duties: Duties::default(),
            instances: BTreeMap::new(),
            keys: BTreeMap::new(),
            next_id: 0,
            starting: VecDeque::new(),
            start_due: None,
            interfaces: Interfaces::default(),
            polling: Polling::default(),
            tuning: Tuning::default(),
            firewall: None,
            firewall_settings,
            reverse_path: ReversePath::default(),
            assigned: BTreeMap::new(),
            counters: Counters::default(),
            orphans: AddressSet::default(),
            orphan_routes: Vec::new(),
            orphan_rules: Vec::new(),
            resync_due: None,
            keeps_origin: origin::keeps_origin(),
            subscribers: Subscribers::default(),
            items: BTreeMap::new(),
            groups: BTreeMap::new(),
            route_monitor: None,
            kept: Kept::default(),
            unknown: None,
            leaves: false,
        })
    }

    /// Runs until it is told to exit, or nobody is left who could tell.
    pub(crate) fn run(mut self) {
        let mut events = vec![EpollEvent::empty(); READY];
        loop {
            if let Err(error) = self.arm() {
                tracing::error!(%error, "cannot set the timer");
            }
            let timeout = match self.duties.is_empty() {
                true => EpollTimeout::NONE,
                false => EpollTimeout::ZERO,
            };
            let ready = match self.epoll.wait(&mut events, timeout) {
                Ok(count) => &events[..count],
                // Nothing is known of the sockets, so no timer may expire.
                Err(Errno::EINTR) => continue,
                Err(errno) => {
                    tracing::error!(%errno, "cannot wait for events; all routers stop");
                    return;
                }
            };
            // Packets before timers: a router that was woken late and finds the advertisement in
            // its socket must not take over. What falls due from here on waits for the next turn.
            let turn = self.now();
            for event in ready.iter().filter(|event| event.data() >= token::SOCKETS) {
                self.receive_from(event.data() - token::SOCKETS);
            }
            let is_ready = |token: u64| ready.iter().any(|event| event.data() == token);
            if is_ready(token::TIMER) {
                // It is quiet once it is set anew.
                self.armed = None;
            }
            if let (Some((from, tell)), Some(due)) = (&mut self.when_late, self.routers.deadline())
            {
                let lateness = turn.saturating_since(due);
                if lateness >= *from {
                    tell(lateness);
                }
            }
            while let Some((key, actions)) = self.routers.wake(turn) {
                self.duties.add(key, actions);
                self.follow_up();
            }
            self.perform_some();
            if self.schedule.deadline().is_some_and(|due| due <= turn) {
                self.announce_due(turn);
            }
            if is_ready(token::CHANGE) {
                self.take_changes();
            }
            if is_ready(token::ROUTE) {
                self.take_route_changes();
            }
            if self.start_due.is_some_and(|due| due <= turn) {
                self.start_some();
            }
            if self.settle_deadline().is_some_and(|due| due <= turn) {
                self.settle(turn);
            }
            if self.resync_due.is_some_and(|due| due <= turn) {
                self.resync();
            }
            if is_ready(token::CLAIM) {
                self.instances.values().for_each(|instance| instance.claim.turn_away());
            }
            if is_ready(token::COMMAND) {
                let _ = self.wake.read();
                if self.take_next_command().is_break() {
                    return;
                }
            }
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_epoch(self.epoch.elapsed())
    }

    /// Sets the timer to the earliest deadline. One that is set to an earlier time stays: a Backup
    /// router that hears the Active one has a later deadline with every packet, and waking once in vain
    /// is less work than setting it every time.
    fn arm(&mut self) -> io::Result<()> {
        let deadline = self.routers.deadline().into_iter();
        let deadline = deadline.chain(self.resync_due).chain(self.schedule.deadline());
        let deadline = deadline.chain(self.settle_deadline()).chain(self.start_due).min();
        let is_early = self.armed.is_some_and(|armed| deadline.is_none_or(|d| armed <= d));
        if is_early || deadline == self.armed {
            return Ok(());
        }
        match deadline {
            Some(deadline) => {
                // Zero would disarm it.
                let wait = deadline.saturating_since(self.now()).max(Duration::from_nanos(1));
                let expiration = Expiration::OneShot(TimeSpec::from_duration(wait));
                self.timer.set(expiration, TimerSetTimeFlags::empty())?;
            }
            None => self.timer.unset()?,
        }
        self.armed = deadline;
        Ok(())
    }
}

impl Drop for Driver {
    /// However the thread ends, also by a bug of ours: the routers hand over and their addresses go.
    fn drop(&mut self) {
        self.stop_all();
        if !self.leaves {
            self.drop_kept();
        }
        self.remove_orphans();
    }
}
