//! The status as a value: what the JSON has in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bfd_io::SessionStatus;
use bfd_io::session::State as BfdState;
use keepalived_conf::model::Interval;
use serde::{Deserialize, Serialize};
use vrrp_io::Stopped;
use vrrp_io::fsm::{Cause, State, Stats};

use crate::balancing::PoolReport;
use crate::director::{Entry, View, began};
use crate::notify::Word;
use crate::tracking::lock;

/// Everything about the daemon at one moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Of director.
    pub version: String,
    /// Since the start, in seconds.
    pub uptime_seconds: f64,
    /// How often a configuration was taken.
    pub reloads: u64,
    /// Whether the last one was taken; if not, the one before it runs.
    pub is_configuration_current: bool,
    /// The virtual routers by name.
    pub instances: Vec<InstanceReport>,
    /// The sync groups by name.
    pub groups: Vec<GroupReport>,
    /// The sessions of BFD by name.
    #[serde(default)]
    pub bfd: Vec<BfdReport>,
    /// Services with their servers.
    #[serde(default)]
    pub pools: Vec<PoolReport>,
    /// The table of IPVS as it is to be, line by line in the format of `ipvsadm-save`.
    #[serde(default)]
    pub ipvs: Vec<String>,
    /// Whether IPVS has it; without, servers are checked and nothing is balanced.
    #[serde(default)]
    pub has_ipvs: bool,
    /// Packets that could not be charged to a router, by reason.
    pub refused: BTreeMap<String, u64>,
}

/// A virtual router.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstanceReport {
    /// Its name in the file.
    pub name: String,
    /// MASTER, BACKUP, FAULT or INIT.
    pub state: String,
    /// For how long it has been in it, in seconds.
    pub since_seconds: f64,
    /// Why it came into it.
    pub reason: String,
    /// Its interface.
    pub interface: String,
    /// Its VRID.
    pub vrid: u8,
    /// Of the protocol.
    pub version: u8,
    /// IPv4 or IPv6.
    pub family: String,
    /// As configured.
    pub base_priority: u8,
    /// As tracking makes it.
    pub priority: u8,
    /// Between advertisements, in seconds.
    pub interval_seconds: f64,
    /// The address that it sends from.
    pub source: Option<String>,
    /// Its virtual addresses.
    pub addresses: Vec<String>,
    /// What it misses.
    pub faults: Vec<String>,
    /// Its sync group.
    pub group: Option<String>,
    /// Its counters.
    pub counters: BTreeMap<String, u64>,
}

/// A sync group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupReport {
    /// Its name in the file.
    pub name: String,
    /// What it was last told to be; INIT at first.
    pub state: String,
}

/// A session of BFD.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BfdReport {
    /// Its name in the file.
    pub name: String,
    /// Its peer; `None` when it is not run.
    pub peer: Option<String>,
    /// AdminDown, Down, Init or Up.
    pub state: String,
    /// What the peer says of its own.
    pub remote_state: String,
    /// Between our packets, in seconds.
    pub interval_seconds: f64,
    /// After so long a silence the peer counts as gone, in seconds.
    pub detection_seconds: f64,
    /// Its counters.
    pub counters: BTreeMap<String, u64>,
}

/// A counter: its name and its value.
pub type Counter = (&'static str, u64);

impl Report {
    pub(crate) fn of(view: &Mutex<View>) -> Result<Self, Stopped> {
        let (vrrp, sessions, entries, groups, reloads, is_current, balancing) = {
            let view = view.lock().unwrap_or_else(PoisonError::into_inner);
            let (entries, sessions) = (view.entries.clone(), Arc::clone(&view.bfd));
            let groups = view.groups.clone();
            let (reloads, is_current) = (view.reloads, view.is_current);
            let vrrp = view.vrrp.clone();
            (vrrp, sessions, entries, groups, reloads, is_current, view.balancing.clone())
        };
        let shown = balancing.map(|handle| handle.ask()).unwrap_or_default();
        let statuses: BTreeMap<_, _> = vrrp.status()?.into_iter().collect();
        let counters = vrrp.counters()?;
        let mut instances: Vec<_> = entries
            .iter()
            .filter_map(|entry| Some(instance(entry, statuses.get(&entry.id)?)))
            .collect();
        instances.sort_by(|one, other| one.name.cmp(&other.name));
        let (reports, of_bfd) = {
            let sessions = lock(&sessions);
            let reports: Vec<BfdReport> = sessions.all().into_iter().map(bfd).collect();
            (reports, sessions.counters())
        };
        let refused = [
            ("checksum", counters.checksum_errors),
            ("version", counters.version_errors),
            ("vrid", counters.vrid_errors),
            ("ttl", counters.ttl_errors),
            ("unexpected_unicast", counters.unexpected_unicast),
            ("unknown_peer", counters.unknown_peers),
            ("other", counters.other_errors),
            ("bfd_invalid", of_bfd.invalid),
            ("bfd_ttl", of_bfd.hop_limit),
            ("bfd_unknown", of_bfd.unknown),
        ];
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").into(),
            uptime_seconds: began().elapsed().as_secs_f64(),
            reloads,
            is_configuration_current: is_current,
            instances,
            groups: groups
                .into_iter()
                .map(|(name, word)| GroupReport {
                    name,
                    state: word.map_or("INIT", Word::text).to_owned(),
                })
                .collect(),
            bfd: reports,
            pools: shown.pools,
            ipvs: shown.table.lines().map(str::to_owned).collect(),
            has_ipvs: shown.has_ipvs,
            refused: refused.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        })
    }
}

fn instance(entry: &Entry, status: &vrrp_io::Status) -> InstanceReport {
    let instance = &entry.planned.instance;
    let (version, interval) = match instance.interval {
        Interval::V2Seconds(seconds) => (2, f64::from(seconds)),
        Interval::V3Centiseconds(hundredths) => (3, f64::from(hundredths) / 100.0),
    };
    InstanceReport {
        name: instance.name.clone(),
        state: state(status.state).into(),
        since_seconds: status.since_transition.unwrap_or_default().as_secs_f64(),
        reason: entry.cause.map_or_else(|| "not yet started".into(), reason),
        interface: entry.planned.config.interface().into(),
        vrid: instance.vrid,
        version,
        family: if instance.is_ipv6 { "IPv6" } else { "IPv4" }.into(),
        base_priority: instance.priority,
        priority: status.priority.get(),
        interval_seconds: interval,
        source: status.primary_address.map(|address| address.to_string()),
        addresses: entry.planned.config.addresses().iter().map(ToString::to_string).collect(),
        faults: status.faults.iter().map(ToString::to_string).collect(),
        group: entry.group.clone(),
        counters: counters(&status.stats).into_iter().map(|(n, v)| (n.to_owned(), v)).collect(),
    }
}

fn bfd((name, status): (&str, Option<SessionStatus>)) -> BfdReport {
    let state = |state: BfdState| format!("{state:?}");
    let stats = status.map(|status| status.stats).unwrap_or_default();
    let counters = [
        ("sent", stats.sent),
        ("received", stats.received),
        ("discarded", stats.discarded),
        ("went_up", stats.went_up),
        ("went_down", stats.went_down),
    ];
    let seconds = |time: fn(&SessionStatus) -> Duration| {
        status.as_ref().map(time).unwrap_or_default().as_secs_f64()
    };
    BfdReport {
        name: name.to_owned(),
        peer: status.map(|status| status.peer.to_string()),
        state: state(status.map(|status| status.state).unwrap_or_default()),
        remote_state: state(status.map(|status| status.remote_state).unwrap_or_default()),
        interval_seconds: seconds(|status| status.transmit_interval),
        detection_seconds: seconds(|status| status.detection_time),
        counters: counters.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
    }
}

/// keepalived's words.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Initialize => "INIT",
        State::Fault => "FAULT",
        State::Backup => "BACKUP",
        State::Active => "MASTER",
    }
}

fn reason(cause: Cause) -> String {
    match cause {
        Cause::Startup => "it was started".into(),
        Cause::Shutdown => "it was stopped".into(),
        Cause::Owner => "it owns the addresses".into(),
        Cause::ActiveSilent => "the active router fell silent".into(),
        Cause::ActiveStopped => "the active router stopped".into(),
        Cause::Preemption => "the active router had a lower priority".into(),
        Cause::Outranked => "a better router is active".into(),
        Cause::Fault(fault) => fault.to_string(),
        Cause::Recovered => "what was missing is back".into(),
        Cause::Group => "its group changed".into(),
        Cause::Late => "it was not run for too long".into(),
        other => format!("{other:?}"),
    }
}

/// All counters of a router. The names are those of the metrics, too.
pub(crate) fn counters(stats: &Stats) -> [Counter; 32] {
    [
        ("advertisements_received", stats.advertisements_received),
        ("advertisements_sent", stats.advertisements_sent),
        ("priority_zero_received", stats.priority_zero_received),
        ("priority_zero_sent", stats.priority_zero_sent),
        ("became_active", stats.became_active),
        ("released_active", stats.released_active),
        ("conflicts", stats.conflicts),
        ("discarded_by_owner", stats.discarded_by_owner),
        ("discarded_at_startup", stats.discarded_at_startup),
        ("same_address", stats.same_address),
        ("interval_errors", stats.interval_errors),
        ("address_list_errors", stats.address_list_errors),
        ("ttl_errors", stats.ttl_errors),
        ("invalid_type", stats.invalid_type),
        ("packet_length_errors", stats.packet_length_errors),
        ("checksum_errors", stats.checksum_errors),
        ("vrid_errors", stats.vrid_errors),
        ("version_errors", stats.version_errors),
        ("invalid_auth_type", stats.invalid_auth_type),
        ("auth_type_mismatch", stats.auth_type_mismatch),
        ("auth_failures", stats.auth_failures),
        ("auth_extension_missing", stats.auth_extension_missing),
        ("auth_extension_malformed", stats.auth_extension_malformed),
        ("auth_extension_unknown_key", stats.auth_extension_unknown_key),
        ("auth_extension_invalid", stats.auth_extension_invalid),
        ("auth_extension_stale", stats.auth_extension_stale),
        ("auth_extension_replay", stats.auth_extension_replay),
        ("transmit_failures", stats.transmit_failures),
        ("announce_failures", stats.announce_failures),
        ("address_failures", stats.address_failures),
        ("addresses_restored", stats.addresses_restored),
        ("transitions", stats.became_active + stats.released_active),
    ]
}
