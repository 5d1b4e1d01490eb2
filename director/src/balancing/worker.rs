//! The thread that checks servers and keeps IPVS as it is to be.

use std::collections::BTreeSet;
use std::net::IpAddr;

use healthcheck::{CheckId, Event, Outcome, ServerId, Weight};
use ipvs_netlink::DaemonRole;
use keepalived_conf::model::{FlushOnStop, Lvs, ServiceName, VirtualServer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use super::addresses::{self, Addresses};
use super::kernel::Kernel;
use super::label::{self, Told};
use super::marks::Marks;
use super::news::{About, News};
use super::pools::{Before, Pools};
use super::report::{self, Shown};
use super::{Settings, Start};
use crate::cause::chain;
use crate::config::{MarkedRange, PlannedPool, PlannedServer};

/// What the thread is told.
pub(super) enum Order {
    /// Another configuration.
    Set(Box<Settings>),
    /// The instance that the sync daemon follows is active, or not.
    Follow { is_active: bool },
    /// A session of BFD is up, or not.
    Session { name: String, is_up: bool },
    /// What there is to show.
    Show(std::sync::mpsc::Sender<Shown>),
    /// The end; whether IPVS is left as it is.
    Stop { leaves: bool, done: oneshot::Sender<()> },
}

pub(super) struct Worker {
    lvs: Lvs,
    vrid: Option<u8>,
    pools: Pools,
    kernel: Kernel,
    marks: Marks,
    news: UnboundedSender<News>,
    /// Places of pools whose members may be others.
    changed: BTreeSet<usize>,
    addresses: Option<Addresses>,
}

impl Worker {
    pub(super) fn new(start: Start, news: UnboundedSender<News>) -> Self {
        let Start { settings, has_ipvs, namespace } = start;
        let mut kernel = match has_ipvs {
            true => Kernel::open(namespace.as_deref()),
            false => Kernel::none(),
        };
        if settings.lvs.flush {
            kernel.flush();
        }
        let (lvs, vrid) = (settings.lvs, settings.vrid);
        let pools = Pools::new(settings.pools, &Before::default(), &settings.sessions);
        kernel.set_all(&pools.table());
        kernel.set_timeouts(&lvs.timeouts);
        let (changed, addresses) = (BTreeSet::new(), None);
        let marks = Marks::new(namespace);
        let mut worker = Self { lvs, vrid, pools, kernel, marks, news, changed, addresses };
        worker.mark();
        if let Some(line) = worker.lvs.sync_daemon.clone() {
            // One that follows an instance begins as its backup.
            let role = line.instance.as_ref().map(|_| DaemonRole::Backup);
            worker.kernel.sync(&line, vrid, role);
        }
        worker.watch_addresses();
        worker.tell_start();
        worker
    }

    pub(super) async fn run(mut self, mut orders: UnboundedReceiver<Order>) {
        loop {
            let addresses = async {
                match &mut self.addresses {
                    Some(addresses) => addresses.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Set(settings)) => self.set(*settings),
                    Some(Order::Show(asker)) => {
                        // Whoever asked may not wait any more.
                        let _ = asker.send(self.shown());
                    }
                    Some(Order::Follow { is_active }) => self.follow(is_active),
                    Some(Order::Session { name, is_up }) => self.session(&name, is_up),
                    Some(Order::Stop { leaves, done }) => {
                        self.stop(leaves);
                        // Whoever asked may not wait any more.
                        let _ = done.send(());
                        return;
                    }
                    // Whoever gives orders is gone, and with it the daemon.
                    None => return self.stop(false),
                },
                event = self.pools.checks.next() => {
                    self.hear(event);
                    self.hear_all();
                }
                () = addresses => self.suspend(),
            }
        }
    }

    fn set(&mut self, settings: Settings) {
        let before = self.pools.known();
        let old_daemon = self.lvs.sync_daemon.clone();
        self.lvs = settings.lvs;
        self.vrid = settings.vrid;
        self.pools = Pools::new(settings.pools, &before, &settings.sessions);
        self.changed.clear();
        self.kernel.set_all(&self.pools.table());
        self.mark();
        self.kernel.set_timeouts(&self.lvs.timeouts);
        if self.lvs.sync_daemon != old_daemon {
            self.kernel.stop_sync();
            if let Some(line) = self.lvs.sync_daemon.clone() {
                let role = match (&line.instance, settings.is_active) {
                    (None, _) => None,
                    (Some(_), true) => Some(DaemonRole::Master),
                    (Some(_), false) => Some(DaemonRole::Backup),
                };
                self.kernel.sync(&line, self.vrid, role);
            }
        }
        self.watch_addresses();
        self.tell_differences(&before);
    }

    /// What is up or down now because of another configuration.
    fn tell_differences(&self, before: &Before) {
        for (place, plan) in self.pools.plans.iter().enumerate() {
            for (server, is_up) in self.pools.turned(before, place) {
                self.tell_server(plan, server, is_up, "=> Configuration changed <=".to_owned());
            }
            let has_quorum = self.pools.has_quorum(place);
            if self.pools.had_quorum(before, place) != Some(has_quorum) {
                self.tell_service(plan, has_quorum, start_body(has_quorum));
            }
        }
    }

    fn follow(&mut self, is_active: bool) {
        // One that follows nobody runs on both sides.
        let followed = self.lvs.sync_daemon.clone().filter(|line| line.instance.is_some());
        let Some(line) = followed else { return };
        let role = if is_active { DaemonRole::Master } else { DaemonRole::Backup };
        self.kernel.sync(&line, self.vrid, Some(role));
    }

    /// What follows a session of BFD is told.
    fn session(&mut self, name: &str, is_up: bool) {
        let outcome = if is_up { Outcome::Success(Weight::Configured) } else { Outcome::Failure };
        for check in self.pools.checks_by(name) {
            self.pools.checks.tell(check, outcome);
        }
        self.hear_all();
    }

    fn hear_all(&mut self) {
        while let Some(event) = self.pools.checks.try_next() {
            self.hear(event);
        }
        self.settle();
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Check { check, is_up, .. } => self.log(check, is_up),
            Event::Server { server, pool, is_up } => {
                self.changed.extend(self.pools.place(pool));
                if let Some((plan, of)) = self.pools.server(server) {
                    let keyword = self.turning_check(of, server);
                    self.tell_server(plan, of, is_up, Told { keyword, is_up }.to_string());
                }
            }
            Event::Weight { server, pool, weight } => {
                self.changed.extend(self.pools.place(pool));
                if let Some((plan, of)) = self.pools.server(server) {
                    let (server, of) = (label::server(&of.line, &plan.line), &plan.line);
                    tracing::info!(server, service = label::service(of), weight, "weight changed");
                }
            }
            Event::Quorum { pool, has_quorum, sum } => {
                self.changed.extend(self.pools.place(pool));
                let plan = self.pools.place(pool).and_then(|place| self.pools.plans.get(place));
                if let Some(plan) = plan {
                    let (quorum, hysteresis) = (plan.line.quorum, plan.line.hysteresis);
                    let body = match has_quorum {
                        true => {
                            let gained = u64::from(quorum.get()) + u64::from(hysteresis);
                            format!("=> Gained quorum {quorum}+{hysteresis}={gained} <= {sum} <=")
                        }
                        false => {
                            let lost = u64::from(quorum.get()).saturating_sub(hysteresis.into());
                            format!("=> Lost quorum {quorum}-{hysteresis}={lost} > {sum} <=")
                        }
                    };
                    self.tell_service(plan, has_quorum, body);
                }
            }
            _ => {}
        }
    }

    /// The keyword of a check that says what its server is now.
    fn turning_check<'a>(&self, plan: &'a PlannedServer, id: ServerId) -> &'a str {
        let health = self.pools.checks.health();
        let is_up = health.is_up(id);
        let place = self.pools.server_place(id);
        let ids = place.map_or(&[][..], |place| self.pools.checks_of(place));
        let mut turning = plan.checks.iter().zip(ids);
        let found = turning.find(|(_, check)| health.known(**check).is_up() == is_up);
        found.map_or("", |(check, _)| check.keyword)
    }

    fn log(&self, check: CheckId, is_up: bool) {
        let Some((pool, server, plan)) = self.pools.check(check) else { return };
        let server = label::server(&server.line, &pool.line);
        let service = label::service(&pool.line);
        let check_name = plan.keyword;
        match self.pools.checks.problem(check) {
            Some(problem) if !is_up => {
                let problem = chain(problem);
                tracing::warn!(server, service, check = check_name, problem, "check failed");
            }
            _ => tracing::info!(server, service, check = check_name, is_up, "check"),
        }
    }

    /// IPVS follows.
    fn settle(&mut self) {
        for place in std::mem::take(&mut self.changed) {
            self.kernel.set(&self.pools.table_of(place));
        }
    }

    fn shown(&self) -> Shown {
        Shown {
            pools: report::pools(&self.pools),
            table: self.pools.table().to_string(),
            has_ipvs: self.kernel.has_ipvs(),
        }
    }

    fn tell_start(&self) {
        for (place, plan) in self.pools.plans.iter().enumerate() {
            if self.lvs.tells_at_start {
                for (server, id, _) in self.pools.servers(place) {
                    let is_up = self.pools.checks.health().is_up(id);
                    self.tell_server(plan, server, is_up, "=> Starting <=".to_owned());
                }
            }
            let has_quorum = self.pools.has_quorum(place);
            self.tell_service(plan, has_quorum, start_body(has_quorum));
        }
    }

    fn tell_server(&self, plan: &PlannedPool, server: &PlannedServer, is_up: bool, body: String) {
        let about =
            About::Server(label::server(&server.line, &plan.line), label::service(&plan.line));
        tracing::info!(server = about.line(), state = label::state(is_up), "server");
        let command = if is_up { &server.notify_up } else { &server.notify_down }.as_deref();
        let (command, mails) = (command.cloned(), server.smtp_alert);
        // Nobody listens at the very end.
        let _ = self.news.send(News { about, is_up, command, mails, body });
    }

    fn tell_service(&self, plan: &PlannedPool, is_up: bool, body: String) {
        let about = About::Service(label::service(&plan.line));
        tracing::info!(service = about.line(), state = label::state(is_up), "service");
        let command = if is_up { &plan.quorum_up } else { &plan.quorum_down };
        let (command, mails) = (command.clone(), plan.smtp_alert);
        let _ = self.news.send(News { about, is_up, command, mails, body });
    }

    /// `omega`: what is up goes down, and that is told.
    fn stop(&mut self, leaves: bool) {
        for (place, plan) in self.pools.plans.iter().enumerate() {
            if !plan.line.omega {
                continue;
            }
            for (server, id, _) in self.pools.servers(place) {
                if self.pools.checks.health().is_up(id) {
                    self.tell_server(plan, server, false, "=> Shutting down <=".to_owned());
                }
            }
            if self.pools.has_quorum(place) {
                self.tell_service(plan, false, "=> Shutting down <=".to_owned());
            }
        }
        if leaves {
            return;
        }
        if self.lvs.sync_daemon.is_some() {
            self.kernel.stop_sync();
        }
        self.marks.clear();
        self.kernel.clear(self.lvs.flush_on_stop == Some(FlushOnStop::All));
    }

    /// Packets get marks when the services by them are there.
    fn mark(&mut self) {
        if self.kernel.has_ipvs() {
            self.marks.set(self.lvs.nftables.as_ref(), &self.pools.plans);
        }
    }

    /// `ha_suspend` needs to know which addresses are here.
    fn watch_addresses(&mut self) {
        let is_wanted = self.pools.plans.iter().any(|plan| plan.line.ha_suspend);
        if !is_wanted {
            self.addresses = None;
            return;
        }
        if self.addresses.is_none() {
            match Addresses::watch() {
                Ok(addresses) => self.addresses = Some(addresses),
                Err(error) => tracing::error!(error, "ha_suspend: addresses cannot be watched"),
            }
        }
        self.suspend();
    }

    fn suspend(&mut self) {
        let addresses = match addresses::list() {
            Ok(addresses) => addresses,
            Err(error) => {
                tracing::error!(error = chain(&error), "ha_suspend: addresses cannot be read");
                return;
            }
        };
        for place in 0..self.pools.plans.len() {
            let line = &self.pools.plans[place].line;
            if line.ha_suspend {
                let is_here = is_here(line, &self.pools.plans[place], &addresses);
                self.pools.suspend(place, !is_here);
            }
        }
    }
}

/// A service by mark is nowhere, and so is never suspended; a group is here with any of its addresses.
fn is_here(line: &VirtualServer, plan: &PlannedPool, addresses: &BTreeSet<IpAddr>) -> bool {
    if matches!(line.name, ServiceName::Mark { .. }) {
        return true;
    }
    if let Some(marking) = &plan.marking {
        let is_in =
            |range: &MarkedRange| addresses.range(range.first..=range.last).next().is_some();
        return marking.ranges.iter().any(is_in);
    }
    plan.services.iter().any(|service| match service.key {
        ipvs_netlink::ServiceKey::Address { address, .. } => addresses.contains(&address),
        ipvs_netlink::ServiceKey::FirewallMark { .. } => true,
    })
}

fn start_body(has_quorum: bool) -> String {
    let word = if has_quorum { "up" } else { "down" };
    format!("=> Starting with quorum {word} <=")
}
