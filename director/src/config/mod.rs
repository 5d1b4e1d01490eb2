//! From the file to what can run: read, checked against this machine, converted.

mod commands;
mod convert;
mod marks;
mod names;
mod pools;
mod security;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keepalived_conf::model::{Global, Instance, Lvs, Surroundings, SyncGroup};
use keepalived_conf::{Diagnostics, Files, IncludeCheck, Options, ReadError, Severity, System};
use netlink_addr::RouteTable;
use vrrp_io::{
    AnnouncementLimits, FirewallSettings, InterfaceSettings, RouterConfig, VirtualAddress,
    VirtualRoute, VirtualRule,
};

use crate::process::namespace::{self, NamespaceError};
use crate::process::scheduling::Scheduling;
use crate::tracking::bfd::BfdSession;
use crate::tracking::files::TrackFile;
use crate::tracking::processes::TrackProcess;

pub use commands::{Check, Command, Commands, Runner, TrackScript};
pub use marks::{MarkedRange, PlannedMarking};
pub use pools::{CheckIdentity, CheckMeans, PlannedCheck, PlannedPool, PlannedServer};

/// How a file is read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// What `@NAME` lines are compared with.
    pub config_id: String,
    /// Whether every file that an `include` names has to be there.
    pub demands_includes: bool,
    /// The network namespace to work in, whatever the file says.
    pub namespace: Option<String>,
    /// Whether this process is in its network namespace already.
    pub is_inside: bool,
}

impl Source {
    /// A file that is read as keepalived does without options.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let name = nix::unistd::gethostname().unwrap_or_default();
        let name = name.to_string_lossy();
        let config_id = name.split('.').next().unwrap_or_default().to_owned();
        Self {
            path: path.into(),
            config_id,
            demands_includes: false,
            namespace: None,
            is_inside: false,
        }
    }
}

/// What a file makes of this machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// What holds for all.
    pub global: Global,
    /// The virtual routers.
    pub routers: Vec<Arc<PlannedRouter>>,
    /// The sync groups.
    pub groups: Vec<PlannedGroup>,
    /// The scripts that routers track.
    pub scripts: Vec<TrackScript>,
    /// Addresses that are there whatever the routers do.
    pub static_addresses: Vec<VirtualAddress>,
    /// Routes that are there whatever the routers do.
    pub static_routes: Vec<VirtualRoute>,
    /// Policy rules that are there whatever the routers do.
    pub static_rules: Vec<VirtualRule>,
    /// Files that routers track.
    pub files: Vec<TrackFile>,
    /// Processes that routers track.
    pub processes: Vec<TrackProcess>,
    /// The daemon among others.
    pub surroundings: Surroundings,
    /// How interfaces are watched.
    pub interface_settings: InterfaceSettings,
    /// How fast addresses are announced.
    pub announcement_limits: AnnouncementLimits,
    /// The table of nftables.
    pub firewall: FirewallSettings,
    /// How the VRRP thread is run.
    pub scheduling: Scheduling,
    /// Sessions of BFD that routers track.
    pub bfd_sessions: Vec<BfdSession>,
    /// How the BFD thread is run.
    pub bfd_scheduling: Scheduling,
    /// What is run for the daemon as a whole.
    pub commands: GlobalCommands,
    /// Services with their servers.
    pub pools: Vec<Arc<PlannedPool>>,
    /// What holds for all of these.
    pub lvs: Lvs,
    /// Whether IPVS is told of them.
    pub has_ipvs: bool,
    /// How the thread for checks is run.
    pub checker_scheduling: Scheduling,
}

impl Plan {
    /// Groups of services keep the marks that they have in another plan.
    pub(crate) fn keep_marks(&mut self, before: &Self) {
        if let Some(nftables) = &self.lvs.nftables {
            marks::assign(&mut self.pools, &before.pools, nftables.first_mark);
        }
    }

    /// Nothing of VRRP is run.
    pub fn leave_out_routers(&mut self) {
        self.routers.clear();
        self.groups.clear();
        self.scripts.clear();
        self.files.clear();
        self.processes.clear();
        self.bfd_sessions.retain(|session| session.tells_checks);
        self.static_addresses.clear();
        self.static_routes.clear();
        self.static_rules.clear();
    }

    /// Nothing is balanced, and no server is checked.
    pub fn leave_out_pools(&mut self) {
        self.pools.clear();
        self.lvs.sync_daemon = None;
    }

    /// No session of BFD runs: whoever tracks one takes it for down.
    pub fn leave_out_bfd(&mut self) {
        for session in &mut self.bfd_sessions {
            session.config = None;
        }
    }
}

/// Commands of `global_defs`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GlobalCommands {
    /// `startup_script`.
    pub startup: Option<Command>,
    /// `shutdown_script`.
    pub shutdown: Option<Command>,
    /// `notify_fifo_script`.
    pub fifo: Option<Command>,
    /// `vrrp_notify_fifo_script`.
    pub vrrp_fifo: Option<Command>,
    /// `lvs_notify_fifo_script`.
    pub lvs_fifo: Option<Command>,
}

/// A virtual router that can be started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedRouter {
    /// As the file describes it.
    pub instance: Instance,
    /// As it is run.
    pub config: Arc<RouterConfig>,
    /// What is run when something happens to it.
    pub commands: Commands,
}

/// A sync group.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedGroup {
    /// As the file describes it.
    pub group: SyncGroup,
    /// What is run when something happens to it.
    pub commands: Commands,
    /// Whether mails are sent about it.
    pub smtp_alert: bool,
}

/// What a file says and what is wrong with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// What can run.
    pub plan: Plan,
    /// What is wrong.
    pub diagnostics: Diagnostics,
}

impl Checked {
    /// keepalived's exit status for `--config-test`: 0 for fine, 4 for what cannot run, 5 for what runs
    /// without what is wrong, 6 for scripts that others can change.
    pub fn exit_status(&self) -> u8 {
        match self.diagnostics.worst() {
            None | Some(Severity::Note) => 0,
            Some(Severity::Fatal) => 4,
            Some(Severity::Security) if self.has(Severity::Fatal) => 4,
            Some(Severity::Security) => 6,
            Some(_) => 5,
        }
    }

    /// Whether it can be started: with what is wrong left out.
    pub fn can_run(&self) -> bool {
        !self.has(Severity::Fatal)
    }

    /// What is wrong and left out. A running daemon takes another configuration only when nothing more
    /// is wrong with it than with the one that runs.
    pub(crate) fn errors(&self) -> BTreeSet<String> {
        let errors = self.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        errors.map(|error| error.message.clone()).collect()
    }

    fn has(&self, severity: Severity) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == severity)
    }
}

/// Reads a file and checks it against this machine: its interfaces, users and scripts.
///
/// # Errors
/// [`ReadError`] when the file cannot be read; whatever is wrong in it is in [`Checked`].
pub fn check(source: &Source) -> Result<Checked, ReadError> {
    check_in(&System::default(), source)
}

/// As [`check`], with files that may be elsewhere than on this machine's disks. What a configuration names without
/// including it (scripts, keys) is looked for on them all the same.
///
/// # Errors
/// As [`check`].
pub fn check_in(files: &dyn Files, source: &Source) -> Result<Checked, ReadError> {
    let mut options = Options::default();
    options.config_id.clone_from(&source.config_id);
    if source.demands_includes {
        options.include_check = IncludeCheck::ALL;
    }
    let outcome = keepalived_conf::read(files, &absolute(&source.path), &options)?;
    let mut diagnostics = outcome.diagnostics;
    let mut configuration = outcome.configuration;
    let around = &mut configuration.surroundings;
    around.use_pid_dir |= source.namespace.is_some();
    around.net_namespace = source.namespace.clone().or(around.net_namespace.take());
    let namespace = around.net_namespace.clone().filter(|_| !source.is_inside);
    let interfaces = match interfaces_in(namespace.as_deref()) {
        Ok(interfaces) => interfaces,
        Err(error) => {
            diagnostics.add(Severity::Fatal, None, crate::chain(&error), None);
            None
        }
    };
    let plan = convert::plan(configuration, &interfaces, &mut diagnostics);
    Ok(Checked { plan, diagnostics })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// What there is to run on.
struct Interfaces {
    names: BTreeSet<String>,
    /// Names by address.
    addresses: Vec<(std::net::IpAddr, String)>,
    mtus: BTreeMap<String, u32>,
    vrf_tables: BTreeMap<String, u32>,
}

/// What there is to run on in a namespace, seen by a thread that looks into it.
fn interfaces_in(namespace: Option<&str>) -> Result<Option<Interfaces>, NamespaceError> {
    let Some(name) = namespace else { return Ok(interfaces()) };
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            namespace::enter(name)?;
            Ok(interfaces())
        });
        // A panic there is a panic here.
        looking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// `None` when the kernel does not say; then names are checked when they are used.
fn interfaces() -> Option<Interfaces> {
    let mut table = RouteTable::open().ok()?;
    let links = table.links().ok()?;
    let name = |index: u32| links.iter().find(|link| link.index == index).map(|l| l.name.clone());
    let addresses = table.addresses().ok()?;
    let addresses = addresses.iter().filter_map(|a| Some((a.local, name(a.interface)?))).collect();
    Some(Interfaces {
        names: links.iter().map(|link| link.name.clone()).collect(),
        addresses,
        mtus: links.iter().map(|link| (link.name.clone(), link.mtu)).collect(),
        vrf_tables: links.iter().filter_map(|l| Some((l.name.clone(), l.vrf_table?))).collect(),
    })
}
