//! From the model to pools.

mod check;
mod marks;
mod service;

use std::cell::OnceCell;
use std::sync::Arc;

use healthcheck::probes::Tls;
use healthcheck::{PoolConfig, ServerConfig, Sorry};
use keepalived_conf::model::{Lvs, RealServer, ServerGroup, SslFiles, TrackFile, VirtualServer};
use keepalived_conf::{Diagnostics, Severity};

use super::super::commands::Accounts;
use super::super::pools::{PlannedPool, PlannedServer};
use check::Checker;
use marks::{Marking, Marks};

/// What all services share.
pub(super) struct Shared<'a> {
    pub(super) lvs: &'a Lvs,
    pub(super) groups: &'a [ServerGroup],
    pub(super) files: &'a [TrackFile],
    pub(super) ssl: &'a SslFiles,
    /// Made once: files are read, and a key may have to be decrypted.
    pub(super) tls: OnceCell<Result<Tls, String>>,
}

pub(super) fn pools(
    lines: Vec<VirtualServer>,
    shared: &Shared<'_>,
    accounts: &mut Accounts,
    diagnostics: &mut Diagnostics,
) -> Vec<Arc<PlannedPool>> {
    let mut marks = Marks::new(shared);
    let planned =
        lines.into_iter().filter_map(|line| pool(line, shared, &mut marks, accounts, diagnostics));
    let mut planned: Vec<_> = planned.map(Arc::new).collect();
    if let Some(nftables) = &shared.lvs.nftables {
        crate::config::marks::assign(&mut planned, &[], nftables.first_mark);
    }
    planned
}

fn pool(
    mut line: VirtualServer,
    shared: &Shared<'_>,
    marks: &mut Marks<'_>,
    accounts: &mut Accounts,
    diagnostics: &mut Diagnostics,
) -> Option<PlannedPool> {
    let (services, marking) = match marks.of(&line, diagnostics) {
        Marking::Marked(services, marking) => (services, Some(marking)),
        Marking::Plain => (service::services(&line, shared.groups, diagnostics), None),
        Marking::Refused => return None,
    };
    if services.is_empty() {
        return None;
    }
    let mut config = PoolConfig::new().quorum(line.quorum).hysteresis(line.hysteresis);
    let families: Vec<_> = services.iter().map(|service| service.key.family()).collect();
    let sorry = line.sorry.as_ref().and_then(|sorry| {
        let destination = service::destination(sorry.address, sorry.port, sorry.method);
        let what = format!("sorry_server {}", sorry.address);
        service::check_family(&what, &destination, &families, line.span, diagnostics)
            .then_some((destination, sorry.stays))
    });
    if let Some((_, stays)) = &sorry {
        config = config.sorry(if *stays { Sorry::Stays } else { Sorry::Replaces });
    }
    let smtp_alert = line.smtp_alert.unwrap_or(shared.lvs.smtp_alert);
    let mut servers = Vec::new();
    // There may be thousands: each is kept once.
    for server in std::mem::take(&mut line.servers) {
        let planned = self::server(server, shared, smtp_alert, accounts, diagnostics);
        let (server, destination) = (&planned.line, &planned.destination);
        let what = format!("real_server {} {}", server.address, server.port);
        if service::check_family(&what, destination, &families, server.span, diagnostics) {
            servers.push(planned);
        }
    }
    servers.shrink_to_fit();
    if servers.is_empty() && sorry.is_none() {
        let message = format!("virtual_server {} has no server", line.name);
        let help = "write real_server ADDRESS PORT { … }".to_owned();
        diagnostics.add(Severity::Warning, Some(line.span), message, Some(help));
    }
    let mut command = |keyword, line: &Option<_>| {
        line.as_ref().and_then(|line| accounts.command(keyword, line, diagnostics))
    };
    Some(PlannedPool {
        services,
        marking,
        config,
        servers,
        sorry: sorry.map(|(destination, _)| destination),
        quorum_up: command("quorum_up", &line.quorum_up),
        quorum_down: command("quorum_down", &line.quorum_down),
        smtp_alert,
        line,
    })
}

fn server(
    mut line: RealServer,
    shared: &Shared<'_>,
    smtp_alert: bool,
    accounts: &mut Accounts,
    diagnostics: &mut Diagnostics,
) -> PlannedServer {
    let mut destination = service::destination(line.address, line.port, line.method);
    destination.weight = i32::try_from(line.weight).unwrap_or(i32::MAX);
    destination.upper_threshold = line.upper_threshold;
    destination.lower_threshold = line.lower_threshold;
    let mut checker = Checker { shared, accounts, diagnostics };
    let checks = std::mem::take(&mut line.checks);
    let mut planned = Vec::with_capacity(checks.len());
    planned.extend(checks.iter().filter_map(|check| checker.check(check)));
    let mut command = |keyword, line: &Option<Box<_>>| {
        let line = line.as_ref()?;
        accounts.command(keyword, line, diagnostics).map(Box::new)
    };
    PlannedServer {
        destination,
        config: ServerConfig::new().weight(line.weight).stays(line.stays),
        checks: planned.into(),
        notify_up: command("notify_up", &line.notify_up),
        notify_down: command("notify_down", &line.notify_down),
        smtp_alert: line.smtp_alert.unwrap_or(smtp_alert),
        line,
    }
}
