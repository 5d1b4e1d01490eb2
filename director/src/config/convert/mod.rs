//! From the model to routers.

mod address;
mod balancing;
mod bfd;
mod proof;
mod route;
mod router;
mod rule;
mod surroundings;
mod tracking;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use keepalived_conf::model::{
    BfdInstance, Configuration, Global, SyncGroup, TrackFile, TrackGroup, TrackProcess,
};
use keepalived_conf::{Diagnostics, Severity, Span};

use super::commands::{Accounts, Commands, TrackScript};
use super::names::Names;
use super::{GlobalCommands, Interfaces, Plan, PlannedGroup, PlannedRouter};

pub(super) fn plan(
    configuration: Configuration,
    interfaces: &Option<Interfaces>,
    diagnostics: &mut Diagnostics,
) -> Plan {
    let Configuration { global, surroundings, scripts, instances, groups, lvs, .. } = configuration;
    let names = Names::new(&global);
    let files = configuration.files;
    let processes = configuration.processes;
    let bfds = configuration.bfds;
    let mut accounts = Accounts::new(&global, diagnostics);
    let scripts: Vec<TrackScript> = scripts
        .into_iter()
        .map(|script| TrackScript::prepare(script, &mut accounts, diagnostics))
        .collect();
    let commands = GlobalCommands {
        startup: global
            .startup_script
            .as_ref()
            .and_then(|(line, _)| accounts.command("startup_script", line, diagnostics)),
        shutdown: global
            .shutdown_script
            .as_ref()
            .and_then(|(line, _)| accounts.command("shutdown_script", line, diagnostics)),
        fifo: global
            .notify_fifo
            .as_ref()
            .and_then(|fifo| fifo.script.as_ref())
            .and_then(|line| accounts.command("notify_fifo_script", line, diagnostics)),
        vrrp_fifo: global
            .vrrp_notify_fifo
            .as_ref()
            .and_then(|fifo| fifo.script.as_ref())
            .and_then(|line| accounts.command("vrrp_notify_fifo_script", line, diagnostics)),
        lvs_fifo: global
            .lvs_notify_fifo
            .as_ref()
            .and_then(|fifo| fifo.script.as_ref())
            .and_then(|line| accounts.command("lvs_notify_fifo_script", line, diagnostics)),
    };
    let rule_preference = Cell::new(LAST_PREFERENCE);
    let mut machine = Machine {
        interfaces,
        names: &names,
        global: &global,
        scripts: &scripts,
        files: &files,
        processes: &processes,
        bfds: &bfds,
        track_groups: &[],
        rule_preference: &rule_preference,
        group: None,
        diagnostics,
    };
    // What watches them is known once they are converted: a group that nothing is left of stops nobody.
    let mut watched = BTreeSet::new();
    let mut watch = |group: &Option<String>| watched.extend(group.clone());
    let static_addresses = configuration
        .static_addresses
        .iter()
        .filter_map(|line| machine.address(line).inspect(|_| watch(&line.track_group)))
        .collect();
    let static_routes = configuration
        .static_routes
        .iter()
        .filter_map(|line| machine.route(line).inspect(|_| watch(&line.track_group)))
        .collect();
    let static_rules = configuration
        .static_rules
        .iter()
        .filter_map(|line| machine.rule(line).inspect(|_| watch(&line.track_group)))
        .collect();
    let track_groups: Vec<TrackGroup> = surroundings
        .track_groups
        .iter()
        .filter(|group| watched.contains(&group.name))
        .cloned()
        .collect();
    // Of some the interface is known by now only.
    let mut identities = BTreeSet::new();
    let mut routers: Vec<Arc<PlannedRouter>> = instances
        .into_iter()
        .filter_map(|mut instance| {
            let group = groups.iter().find(|group| group.members.contains(&instance.name));
            let on = Machine {
                interfaces,
                names: &names,
                global: &global,
                scripts: &scripts,
                files: &files,
                processes: &processes,
                bfds: &bfds,
                track_groups: &track_groups,
                rule_preference: &rule_preference,
                group,
                diagnostics,
            };
            let config = on.router(&mut instance)?;
            let identity = (config.interface().to_owned(), instance.is_ipv6, instance.vrid);
            if !identities.insert(identity) {
                let (vrid, interface) = (instance.vrid, config.interface());
                let message = format!("virtual_router_id {vrid} is used twice on {interface}");
                let help = "give every instance of an interface a number of its own".to_owned();
                diagnostics.add(Severity::Fatal, Some(instance.span), message, Some(help));
                return None;
            }
            let commands = Commands::prepare(&instance.notifications, &mut accounts, diagnostics);
            Some(Arc::new(PlannedRouter { instance, config: Arc::new(config), commands }))
        })
        .collect();
    // It was made in the place of the instances, which are larger.
    routers.shrink_to_fit();
    let smtp_alert = global.defaults.smtp_alert;
    let groups = groups
        .into_iter()
        .map(|group| PlannedGroup {
            commands: Commands::prepare(&group.notifications, &mut accounts, diagnostics),
            smtp_alert: group.smtp_alert.unwrap_or(smtp_alert),
            group,
        })
        .collect();
    let shared = balancing::Shared {
        lvs: &lvs,
        groups: &configuration.server_groups,
        files: &files,
        ssl: &configuration.ssl,
        tls: std::cell::OnceCell::new(),
    };
    let lines = configuration.virtual_servers;
    let pools = balancing::pools(lines, &shared, &mut accounts, diagnostics);
    Plan {
        pools,
        lvs,
        has_ipvs: true,
        checker_scheduling: surroundings::checker_scheduling(&global),
        interface_settings: surroundings::interface_settings(&global, &surroundings),
        announcement_limits: surroundings::announcement_limits(&global, &surroundings),
        firewall: surroundings::firewall(&global),
        scheduling: surroundings::scheduling(&global),
        bfd_scheduling: surroundings::bfd_scheduling(&global),
        bfd_sessions: bfd::sessions(&bfds, diagnostics),
        files: files.iter().map(surroundings::file).collect(),
        processes: processes.iter().map(surroundings::process).collect(),
        surroundings,
        global,
        routers,
        groups,
        scripts,
        static_addresses,
        static_routes,
        static_rules,
        commands,
    }
}

/// The preference of the first rule that has none; each further one is one less, as in keepalived.
const LAST_PREFERENCE: u32 = 16_384;

/// The item that members of a track group cannot run without.
fn watcher(group: &str) -> String {
    format!("track_group {group}")
}

struct Machine<'a> {
    interfaces: &'a Option<Interfaces>,
    names: &'a Names,
    global: &'a Global,
    scripts: &'a [TrackScript],
    files: &'a [TrackFile],
    processes: &'a [TrackProcess],
    bfds: &'a [BfdInstance],
    track_groups: &'a [TrackGroup],
    /// Of the next rule that has none.
    rule_preference: &'a Cell<u32>,
    group: Option<&'a SyncGroup>,
    diagnostics: &'a mut Diagnostics,
}

impl Machine<'_> {
    fn problem(&mut self, severity: Severity, span: Span, message: String, help: &str) {
        self.diagnostics.add(severity, Some(span), message, Some(help.to_owned()));
    }

    fn is_missing(&self, interface: &str) -> bool {
        self.interfaces.as_ref().is_some_and(|all| !all.names.contains(interface))
    }

    /// How bad it is that an interface is missing which may come later: no reason to refuse a reload.
    fn of_missing(&self) -> Severity {
        match self.global.dynamic_interfaces {
            Some(_) => Severity::Note,
            None => Severity::Warning,
        }
    }

    /// Whether an interface can be named: it is there, or may come later.
    fn may_use(&mut self, interface: &str, span: Span) -> bool {
        if !self.is_missing(interface) {
            return true;
        }
        let message = format!("there is no interface {interface}");
        if self.global.dynamic_interfaces.is_some() {
            self.problem(Severity::Note, span, message, "it may come later");
            return true;
        }
        let help = "write the name of one there is, or dynamic_interfaces in global_defs";
        self.problem(Severity::Fatal, span, message, help);
        false
    }
}
