//! How the process is scheduled, and what its sockets have room for.

use std::time::Duration;

use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Entry, Section, Value};

/// `vrrp_priority` and its kin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessSettings {
    /// `…_process_name`.
    pub name: Option<String>,
    /// `…_priority`: niceness, −20 to 19.
    pub nice: Option<i8>,
    /// `…_no_swap`: it is kept in memory.
    pub no_swap: bool,
    /// `…_rt_priority`: 1 to 99; `None` for no real time.
    pub rt_priority: Option<u8>,
    /// `…_cpu_affinity`: the processors that it may run on; empty for all.
    pub cpu_affinity: Vec<u32>,
    /// `…_rlimit_rttime`: how long it may run in real time without a pause.
    pub rlimit_rttime: Option<Duration>,
}

impl ProcessSettings {
    /// The keywords begin with `prefix`.
    pub(super) fn read(section: &Section, prefix: &str) -> Self {
        let integer = |name: &str| section.integer(&format!("{prefix}_{name}"));
        let affinity = format!("{prefix}_cpu_affinity");
        let processors = section.all(&affinity).filter_map(Entry::values);
        let processors = processors.flat_map(|values| values.places.iter().flatten());
        let mut cpu_affinity: Vec<u32> = processors
            .filter_map(Value::integer)
            .filter_map(|processor| processor.try_into().ok())
            .collect();
        cpu_affinity.sort_unstable();
        cpu_affinity.dedup();
        let microseconds = integer("rlimit_rttime").or_else(|| integer("rlimit_rtime"));
        Self {
            name: section.text(&format!("{prefix}_process_name")).map(str::to_owned),
            nice: integer("priority").and_then(|nice| nice.try_into().ok()),
            no_swap: section.has(&format!("{prefix}_no_swap")),
            rt_priority: integer("rt_priority").and_then(|priority| priority.try_into().ok()),
            cpu_affinity,
            rlimit_rttime: microseconds
                .and_then(|microseconds| u64::try_from(microseconds).ok())
                .map(Duration::from_micros),
        }
    }
}

/// The buffer that a socket has for what comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiveBuffer {
    /// Its octets; those that the kernel gives where nothing is said.
    pub octets: Option<u32>,
    /// `…_force`: even above the limit of the system.
    pub force: bool,
}

impl ReceiveBuffer {
    pub(super) fn read(section: &Section, name: &str) -> Self {
        Self {
            octets: section.integer(name).and_then(|octets| octets.try_into().ok()),
            force: section.boolean(&format!("{name}_force")).unwrap_or(false),
        }
    }
}

/// `vrrp_rx_bufs_policy` and `vrrp_rx_bufs_multiplier`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RxBuffers {
    /// What there is room for; what the kernel gives where nothing is said.
    pub policy: Option<RxPolicy>,
    /// How many of these.
    pub multiplier: u32,
}

/// What a socket has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RxPolicy {
    /// `MTU`: packets of the greatest size of the interface.
    Mtu,
    /// `ADVERT`: advertisements.
    Advert,
    /// So many octets, which the multiplier does not change.
    Octets(u32),
}

impl RxBuffers {
    pub(super) fn read(section: &Section, diagnostics: &mut Diagnostics) -> Self {
        let multiplier = section.integer("vrrp_rx_bufs_multiplier");
        Self {
            policy: policy(section, diagnostics),
            multiplier: multiplier.and_then(|count| count.try_into().ok()).unwrap_or(3),
        }
    }
}

fn policy(section: &Section, diagnostics: &mut Diagnostics) -> Option<RxPolicy> {
    let entry = section.get("vrrp_rx_bufs_policy")?;
    let values = entry.values()?;
    let octets =
        values.at(1).and_then(Value::integer).and_then(|octets| u32::try_from(octets).ok());
    match (values.at(0).and_then(Value::text), octets) {
        (Some("MTU"), None) => Some(RxPolicy::Mtu),
        (Some("ADVERT"), None) => Some(RxPolicy::Advert),
        (None, Some(octets)) => Some(RxPolicy::Octets(octets)),
        (said, _) => {
            let what = if said.is_some() { "has two values" } else { "has no value" };
            wrong_policy(what, entry.span, diagnostics);
            None
        }
    }
}

fn wrong_policy(what: &str, span: Span, diagnostics: &mut Diagnostics) {
    let message = format!("vrrp_rx_bufs_policy {what}");
    diagnostics.error(span, message, "allowed is one of MTU, ADVERT, 0 to 4294967295");
}
