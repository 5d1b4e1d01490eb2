//! What holds for all routers, and how the thread that runs them is run.

use std::path::PathBuf;
use std::time::Duration;

use keepalived_conf::model::{
    Global, ParamMatch as ParamMatchLine, Surroundings, TrackFile as TrackFileLine,
    TrackProcess as TrackProcessLine,
};
use vrrp_io::{AnnouncementLimits, FirewallSettings, InterfaceSettings};

use crate::process::scheduling::Scheduling;
use crate::tracking::files::TrackFile;
use crate::tracking::processes::{ParamMatch, TrackProcess};

pub(super) fn interface_settings(global: &Global, around: &Surroundings) -> InterfaceSettings {
    let mut settings = InterfaceSettings::new();
    for line in &around.up_down_delays {
        settings = settings.delay(&line.interface, line.down, line.up);
    }
    for line in &around.linkbeat_interfaces {
        settings = settings.poll(&line.interface);
    }
    if around.linkbeat_use_polling {
        settings = settings.poll_all();
    }
    if global.log_unknown_vrids {
        settings = settings.log_unknown_routers();
    }
    settings
}

pub(super) fn announcement_limits(global: &Global, around: &Surroundings) -> AnnouncementLimits {
    let or_none = |interval: Option<Duration>| interval.unwrap_or_default();
    let arp = or_none(global.vrrp_garp_interval);
    let limits = AnnouncementLimits::new(arp, or_none(global.vrrp_gna_interval));
    around.garp_groups.iter().fold(limits, |limits, group| {
        let (arp, advertisement) = (or_none(group.garp_interval), or_none(group.gna_interval));
        limits.group(&group.interfaces, arp, advertisement)
    })
}

pub(super) fn firewall(global: &Global) -> FirewallSettings {
    FirewallSettings::new(&global.nftables.table)
        .priority(global.nftables.priority)
        .counters(global.nftables.counters)
        .by_index(global.nftables.by_index)
}

pub(super) fn scheduling(global: &Global) -> Scheduling {
    Scheduling {
        part: "vrrp",
        settings: global.vrrp_process.clone(),
        raised_to: u8::try_from(global.max_auto_priority).unwrap_or(0),
        raised_after: global.min_auto_priority_delay,
    }
}

pub(super) fn bfd_scheduling(global: &Global) -> Scheduling {
    let settings = global.bfd_process.clone();
    Scheduling { part: "bfd", settings, ..Scheduling::default() }
}

pub(super) fn checker_scheduling(global: &Global) -> Scheduling {
    let settings = global.checker_process.clone();
    Scheduling { part: "checker", settings, ..Scheduling::default() }
}

pub(super) fn file(line: &TrackFileLine) -> TrackFile {
    TrackFile {
        name: line.name.clone(),
        path: PathBuf::from(&line.path),
        init: line.init.as_ref().map(|init| (init.value, init.overwrites)),
    }
}

pub(super) fn process(line: &TrackProcessLine) -> TrackProcess {
    TrackProcess {
        name: line.name.clone(),
        process: line.process.clone(),
        arguments: line.has_arguments.then(|| line.arguments.clone()),
        matching: match line.matching {
            ParamMatchLine::Initial => ParamMatch::Initial,
            ParamMatchLine::Partial => ParamMatch::Partial,
            _ => ParamMatch::Exact,
        },
        full_command: line.full_command,
        quorum: line.quorum.into(),
        quorum_max: line.quorum_max,
        fork_delay: line.fork_delay,
        terminate_delay: line.terminate_delay,
    }
}
