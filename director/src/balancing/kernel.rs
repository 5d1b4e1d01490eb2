//! The kernel's table, and what we know of it.

use std::collections::BTreeSet;

use ipvs_netlink::{
    Change, ChangeError, Daemon, DaemonRole, Error, Ipvs, Name, Plan, Scope, ServiceKey, Table,
    Timeouts,
};
use keepalived_conf::model::{LvsTimeouts, SyncDaemon};

use crate::chain;
use crate::process::namespace;

/// IPVS, or nothing in its place.
pub(super) struct Kernel {
    ipvs: Option<Ipvs>,
    /// What is there of ours, as far as we know.
    present: Table,
    /// All services that are ours, or were.
    own: BTreeSet<ServiceKey>,
}

impl Kernel {
    /// Without IPVS.
    pub(super) fn none() -> Self {
        Self { ipvs: None, present: Table::new(), own: BTreeSet::new() }
    }

    /// IPVS of this network namespace or of another one; its module is loaded if need be. When there is none that is
    /// logged, and everything else goes on.
    pub(super) fn open(namespace: Option<&str>) -> Self {
        let opened = Self::try_open(namespace);
        let ipvs = opened.inspect_err(|error| {
            let error = chain(error.as_ref());
            tracing::error!(error, "no service is balanced; servers are checked all the same");
        });
        Self { ipvs: ipvs.ok(), ..Self::none() }
    }

    fn try_open(namespace: Option<&str>) -> Result<Ipvs, Box<dyn std::error::Error>> {
        let open = || match namespace {
            None => Ipvs::open().map_err(Into::into),
            Some(name) => {
                Ok::<_, Box<dyn std::error::Error>>(Ipvs::open_in(namespace::file(name)?)?)
            }
        };
        match open() {
            Err(error) if matches!(error.downcast_ref(), Some(Error::NoIpvs)) => {
                Ipvs::load_module()?;
                open()
            }
            opened => opened,
        }
    }

    /// Whether there is a table to change.
    pub(super) fn has_ipvs(&self) -> bool {
        self.ipvs.is_some()
    }

    /// `lvs_flush`.
    pub(super) fn flush(&mut self) {
        self.make(&[Change::Flush]);
    }

    /// `lvs_timeouts`; what is not said stays as it is.
    pub(super) fn set_timeouts(&mut self, wanted: &LvsTimeouts) {
        let timeouts = Timeouts {
            tcp: wanted.tcp.unwrap_or(0),
            tcp_fin: wanted.tcp_fin.unwrap_or(0),
            udp: wanted.udp.unwrap_or(0),
        };
        if timeouts != Timeouts::default() {
            self.make(&[Change::SetTimeouts(timeouts)]);
        }
    }

    /// Makes all of our services like this, whatever is there. What is no longer ours goes.
    pub(super) fn set_all(&mut self, wanted: &Table) {
        self.own.extend(keys(wanted));
        self.reconcile(wanted);
        self.own = keys(wanted).collect();
    }

    /// Makes some of our services like this.
    pub(super) fn set(&mut self, wanted: &Table) {
        let mut before = Table::new();
        for key in keys(wanted) {
            before.extend(self.present.get(&key).cloned());
        }
        let plan = Plan::new(&before, wanted, &Scope::All);
        if plan.is_empty() {
            return;
        }
        let Some(ipvs) = &mut self.ipvs else { return self.remember(wanted) };
        match ipvs.carry_out(plan, &before) {
            Ok(done) if done.refused.is_empty() => self.remember(wanted),
            // Somebody else has changed it, or the kernel refuses: what there is is looked at.
            Ok(_) => self.reconcile_all(wanted),
            Err(error) => {
                tracing::error!(error = chain(&error), "IPVS cannot be changed");
                self.reconcile_all(wanted);
            }
        }
    }

    fn reconcile_all(&mut self, wanted: &Table) {
        let mut all = self.present.clone();
        all.extend(wanted.iter().cloned());
        self.reconcile(&all);
    }

    fn reconcile(&mut self, wanted: &Table) {
        let Some(ipvs) = &mut self.ipvs else {
            self.present = wanted.clone();
            return;
        };
        match ipvs.reconcile(wanted, &Scope::Own(self.own.clone())) {
            Ok(done) => {
                self.present = wanted.clone();
                for (change, error) in done.refused {
                    let error = chain(&error);
                    tracing::error!(error, "IPVS refuses: {change}");
                    // It is tried again with the next change of this service.
                    if let Some(key) = service_of(&change) {
                        self.present.remove(&key);
                    }
                }
                for change in done.kept {
                    tracing::warn!("kept, because nothing else is left: {change}");
                }
            }
            Err(error) => tracing::error!(error = chain(&error), "IPVS cannot be changed"),
        }
    }

    fn remember(&mut self, wanted: &Table) {
        self.present.extend(wanted.iter().cloned());
    }

    /// Our services go, or everything does.
    pub(super) fn clear(&mut self, everything: bool) {
        if everything {
            self.make(&[Change::Flush]);
        } else {
            let gone: Vec<Change> = self.own.iter().copied().map(Change::DeleteService).collect();
            self.make(&gone);
        }
        self.present = Table::new();
    }

    /// The sync daemon of this side begins and that of the other ends; or both run.
    pub(super) fn sync(&mut self, line: &SyncDaemon, vrid: Option<u8>, role: Option<DaemonRole>) {
        let Ok(interface) = Name::new(&line.interface) else { return };
        let daemon = |role| {
            let mut daemon = Daemon::new(role, interface, line.id.or(vrid).unwrap_or(0));
            daemon.longest = line.longest;
            daemon.group = line.group;
            daemon.port = line.port;
            daemon.ttl = line.ttl;
            Change::StartDaemon(daemon)
        };
        let both = [DaemonRole::Master, DaemonRole::Backup];
        match role {
            None => self.make(&both.map(daemon)),
            Some(role) => {
                let other = if role == both[0] { both[1] } else { both[0] };
                self.make(&[Change::StopDaemon(other), daemon(role)]);
            }
        }
    }

    /// Both sync daemons end.
    pub(super) fn stop_sync(&mut self) {
        self.make(&[DaemonRole::Master, DaemonRole::Backup].map(Change::StopDaemon));
    }

    /// What was there before, or is gone already, is as it is to be.
    fn make(&mut self, changes: &[Change]) {
        let Some(ipvs) = &mut self.ipvs else { return };
        match ipvs.apply(changes) {
            Ok(outcomes) => {
                for (change, outcome) in changes.iter().zip(outcomes) {
                    let is_so = matches!(
                        outcome,
                        Ok(())
                            | Err(ChangeError::NoService(_)
                                | ChangeError::NoDaemon(_)
                                | ChangeError::DaemonExists(_))
                    );
                    if let Err(error) = outcome
                        && !is_so
                    {
                        tracing::error!(error = chain(&error), "IPVS refuses: {change}");
                    }
                }
            }
            Err(error) => tracing::error!(error = chain(&error), "IPVS cannot be changed"),
        }
    }
}

fn keys(table: &Table) -> impl Iterator<Item = ServiceKey> {
    table.iter().map(|server| server.service().key)
}

fn service_of(change: &Change) -> Option<ServiceKey> {
    match change {
        Change::AddService(service) | Change::EditService(service) => Some(service.key),
        Change::AddDestination(key, _)
        | Change::EditDestination(key, _)
        | Change::DeleteDestination(key, _)
        | Change::DeleteService(key) => Some(*key),
        _ => None,
    }
}
