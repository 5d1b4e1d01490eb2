//! The routers, scripts and notifications of one configuration, for as long as it runs.

mod groups;
mod occur;
mod reload;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use keepalived_conf::model::ReceiveBuffer;
use vrrp_io::fsm::{Cause, State};
use vrrp_io::proto::Priority;
use vrrp_io::{
    AddError, Events, Notice, Router, RouterConfig, RouterId, Stopped, Vrrp, VrrpBuilder,
};

use crate::balancing::{Balancing, News};
use crate::config::{Checked, Plan, PlannedRouter};
use crate::notify::Notifier;
use crate::scripts::Scripts;
use crate::tracking::bfd::BfdSessions;
use crate::tracking::files::Files;
use crate::tracking::lock;
use crate::tracking::processes::{self, Processes};
use groups::Groups;

use reload::AtStart;
pub use reload::ReloadError;
pub(crate) use view::{Entry, View};

/// Everything that one configuration makes run.
///
/// Made and used within a tokio runtime. Whoever has it calls [`next`](Self::next) and
/// [`handle`](Self::handle) in turn; between them it can be [reloaded](Self::reload) or
/// [stopped](Self::stop).
#[derive(Debug)]
pub struct Director {
    vrrp: Vrrp,
    events: Events,
    plan: Plan,
    running: BTreeMap<Identity, Running>,
    by_id: BTreeMap<RouterId, Identity>,
    groups: Groups,
    scripts: Scripts,
    files: Files,
    processes: Processes,
    /// The status looks at it, too.
    bfd: Arc<Mutex<BfdSessions>>,
    /// None where nothing is balanced.
    balancing: Option<Balancing>,
    notifier: Notifier,
    view: Arc<Mutex<View>>,
    /// What is wrong with the configuration that runs.
    known_errors: BTreeSet<String>,
    /// What is looked at only when the daemon starts.
    at_start: AtStart,
    /// Routers that are removed by a reload tell it themselves.
    leaving: Vec<RouterId>,
}

/// What makes a virtual router the same one in another configuration, whatever its name is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    interface: String,
    is_ipv6: bool,
    vrid: u8,
}

#[derive(Debug)]
struct Running {
    router: Router,
    planned: Arc<PlannedRouter>,
    state: State,
    priority: Priority,
    /// What the last change of state was for.
    cause: Option<Cause>,
}

impl Identity {
    fn of(planned: &PlannedRouter) -> Self {
        Self {
            interface: planned.config.interface().to_owned(),
            is_ipv6: planned.instance.is_ipv6,
            vrid: planned.instance.vrid,
        }
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Happening {
    /// To a virtual router.
    Router(Notice),
    /// To a server or a service that is balanced.
    Balancing(News),
}

/// The configuration cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It cannot run; the diagnostics say why.
    #[error("the configuration cannot run")]
    Configuration,
    /// No VRRP thread.
    #[error("VRRP cannot be started")]
    Vrrp(#[from] vrrp_io::StartError),
    /// A router could not be started.
    #[error("vrrp_instance {name} cannot be started")]
    Router {
        /// Its name in the file.
        name: String,
        /// Why.
        #[source]
        source: AddError,
    },
    /// The VRRP thread ended at once.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// No thread for checks.
    #[error("checks cannot be started")]
    Checks(#[source] std::io::Error),
}

impl Director {
    /// Starts everything that a configuration describes. When one of its routers cannot be started,
    /// none is.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(checked: Checked) -> Result<Self, StartError> {
        if !checked.can_run() {
            return Err(StartError::Configuration);
        }
        began();
        let known_errors = checked.errors();
        let plan = checked.plan;
        let vrrp = thread(&plan).start()?;
        let events = vrrp.events()?;
        let mut scripts = Scripts::default();
        scripts.announce(&vrrp, &plan.scripts);
        let (mut files, mut processes) = (Files::default(), Processes::default());
        files.set(&vrrp, &plan.files);
        processes.set(&vrrp, &plan.processes, tracking_settings(&plan));
        let mut bfd = BfdSessions::default();
        bfd.set(&vrrp, &plan.bfd_sessions, &plan.bfd_scheduling);
        vrrp.watch_interfaces(plan.interface_settings.clone())?;
        vrrp.limit_announcements(plan.announcement_limits.clone())?;
        vrrp.keep(
            plan.static_addresses.iter().cloned(),
            plan.static_routes.iter().cloned(),
            plan.static_rules.iter().cloned(),
        )?;
        let startup_delay = startup_delay(&plan);
        let config = |planned: &Arc<PlannedRouter>| match startup_delay {
            Duration::ZERO => Arc::clone(&planned.config),
            delay => Arc::new(RouterConfig::clone(&planned.config).with_startup_delay(delay)),
        };
        let added = vrrp.add_all(plan.routers.iter().map(config))?;
        let started = |(planned, added): (&Arc<PlannedRouter>, Result<Router, AddError>)| {
            let router = added.map_err(|source| StartError::Router {
                name: planned.instance.name.clone(),
                source,
            })?;
            Ok((Identity::of(planned), Running::new(router, Arc::clone(planned))))
        };
        let running: Result<BTreeMap<Identity, Running>, StartError> =
            plan.routers.iter().zip(added).map(started).collect();
        let running = running.inspect_err(|_| {
            // What is kept whatever the routers do goes with the thread, which others may still hold.
            let _ = vrrp.stop();
        })?;
        let by_id = running.iter().map(|(identity, r)| (r.router.id(), identity.clone())).collect();
        scripts.set(&vrrp, &plan.scripts);
        let notifier = Notifier::new(&plan);
        let groups = Groups::of(&plan);
        let bfd = Arc::new(Mutex::new(bfd));
        let sessions = lock(&bfd).told();
        let balancing = Balancing::start(&plan, sessions).map_err(StartError::Checks)?;
        let mut view = View::new(vrrp.clone(), Arc::clone(&bfd));
        view.balancing = balancing.as_ref().map(Balancing::handle);
        lock(&bfd).tell_checks(balancing.as_ref().map(Balancing::follower));
        let view = Arc::new(Mutex::new(view));
        let at_start = AtStart::of(&plan);
        let director = Self {
            vrrp,
            events,
            plan,
            running,
            by_id,
            groups,
            scripts,
            files,
            processes,
            bfd,
            balancing,
            notifier,
            view,
            known_errors,
            at_start,
            leaving: Vec::new(),
        };
        director.publish();
        Ok(director)
    }

    /// The next thing that happens. `None` means that the VRRP thread is gone: nothing runs any more.
    pub async fn next(&mut self) -> Option<Happening> {
        let news = async {
            match &mut self.balancing {
                Some(balancing) => balancing.next().await,
                None => None,
            }
        };
        tokio::select! {
            biased;
            notice = self.events.next() => notice.map(Happening::Router),
            Some(news) = news => Some(Happening::Balancing(news)),
        }
    }

    /// Tells everybody who wants to know what happened.
    pub fn handle(&mut self, happening: &Happening) {
        match happening {
            Happening::Router(notice) => {
                if notice.missed > 0 {
                    tracing::error!(missed = notice.missed, "notifications were lost");
                }
                self.occur(notice);
            }
            Happening::Balancing(news) => self.notifier.tell_of_servers(news),
        }
    }

    /// Whether the VRRP thread answers.
    pub fn is_alive(&self) -> bool {
        self.vrrp.counters().is_ok()
    }

    /// The handle to the VRRP thread.
    pub fn vrrp(&self) -> &Vrrp {
        &self.vrrp
    }

    /// Whether the instance is active that the sync daemon of IPVS follows.
    fn leads(&self, plan: &Plan) -> bool {
        let followed = plan.lvs.sync_daemon.as_ref().and_then(|line| line.instance.as_ref());
        self.running.values().any(|running| {
            Some(&running.planned.instance.name) == followed && running.state == State::Active
        })
    }

    /// What the status server shows.
    pub(crate) fn view(&self) -> Arc<Mutex<View>> {
        Arc::clone(&self.view)
    }

    /// The configuration that runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Hands over and takes everything away, or leaves addresses and routes where they are, and IPVS as it is; then waits
    /// for the last notifications, but not for long.
    pub async fn stop(mut self, leaves: bool, leaves_ipvs: bool) {
        if let Some(balancing) = self.balancing.take() {
            for news in balancing.stop(leaves_ipvs).await {
                self.notifier.tell_of_servers(&news);
            }
        }
        let stopped = if leaves { self.vrrp.stop_and_leave() } else { self.vrrp.stop() };
        if stopped.is_err() {
            tracing::error!("the VRRP thread was gone already");
        }
        while let Some(notice) = self.events.try_next() {
            self.occur(&notice);
        }
        self.tell_stop();
        drop(self.scripts);
        lock(&self.bfd).end();
        self.notifier.finish().await;
    }

    fn publish(&self) {
        let entries = self.running.values().map(|running| Entry {
            id: running.router.id(),
            planned: running.planned.clone(),
            cause: running.cause,
            group: self.groups.of_member(&running.planned.instance.name),
        });
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.entries = entries.collect();
        view.groups = self.groups.states();
    }

    /// As [`publish`](Self::publish), when only the state of one router is new.
    fn publish_change(&self, id: RouterId, cause: Option<Cause>) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = view.entries.iter_mut().find(|entry| entry.id == id) {
            entry.cause = cause;
        }
        view.groups = self.groups.states();
    }
}

impl Running {
    fn new(router: Router, planned: Arc<PlannedRouter>) -> Self {
        let priority = planned.config.router().priority();
        Self { router, planned, state: State::Initialize, priority, cause: None }
    }
}

/// The VRRP thread as the configuration wants it.
fn thread(plan: &Plan) -> VrrpBuilder {
    let mut builder = plan.scheduling.apply(Vrrp::builder()).firewall(plan.firewall.clone());
    let octets = |buffer: &ReceiveBuffer| buffer.octets.and_then(|o| usize::try_from(o).ok());
    if let Some(octets) = octets(&plan.global.netlink_command_buffer) {
        builder = builder.command_buffer(octets);
    }
    let monitor = &plan.global.netlink_monitor_buffer;
    if let Some(octets) = octets(monitor) {
        builder = builder.monitor_buffer(octets, monitor.force);
    }
    builder
}

fn tracking_settings(plan: &Plan) -> processes::Settings {
    let buffer = &plan.global.process_monitor_buffer;
    let octets = buffer.octets.and_then(|octets| usize::try_from(octets).ok());
    processes::Settings { receive_buffer: octets.map(|octets| (octets, buffer.force)) }
}

/// The delay after the start, or what is left of the one after boot, whichever is longer.
fn startup_delay(plan: &Plan) -> Duration {
    let since_boot = uptime().unwrap_or(Duration::MAX);
    plan.global.startup_delay.max(plan.global.delay_after_boot.saturating_sub(since_boot))
}

fn uptime() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// When the daemon was started, for the status.
pub(crate) fn began() -> Instant {
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *BEGAN.get_or_init(Instant::now)
}
