//! Another configuration is taken, and every router that it still describes keeps its role.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use vrrp_io::fsm::State;
use vrrp_io::{ReconfigureError, Stopped};

use super::{Director, Identity, Running, tracking_settings};
use crate::balancing::Balancing;
use crate::cause::chain;
use crate::config::{Checked, Plan, PlannedRouter};
use crate::tracking::lock;

/// Another configuration was not taken; everything runs on as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// Something in it is wrong; the diagnostics say what.
    #[error("the configuration has errors; the one before goes on")]
    Configuration,
    /// Something that cannot change while it runs.
    #[error("{keyword} cannot change while it runs; the configuration before goes on")]
    Fixed {
        /// The keyword.
        keyword: &'static str,
    },
    /// The VRRP thread is gone.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Director {
    /// Goes on by another configuration.
    ///
    /// Routers are matched by interface, family and VRID, not by name. Those that are still described
    /// keep their role; those that are not hand over; new ones start as Backup.
    ///
    /// # Errors
    /// [`ReloadError`]; a configuration with an error in it is not taken at all, unless the one that
    /// runs has the same.
    pub fn reload(&mut self, checked: Checked) -> Result<(), ReloadError> {
        let errors = checked.errors();
        if !checked.can_run() || !errors.is_subset(&self.known_errors) {
            self.refuse_reload();
            return Err(ReloadError::Configuration);
        }
        if let Some(keyword) = fixed(&self.plan, &checked.plan) {
            self.refuse_reload();
            return Err(ReloadError::Fixed { keyword });
        }
        for keyword in self.at_start.differences(&AtStart::of(&checked.plan)) {
            tracing::warn!(keyword, "is changed; that takes effect at the next start");
        }
        // What happened until now is told by the configuration of then.
        while let Some(notice) = self.events.try_next() {
            self.occur(&notice);
        }
        let mut plan = checked.plan;
        plan.keep_marks(&self.plan);
        self.scripts.announce(&self.vrrp, &plan.scripts);
        self.files.set(&self.vrrp, &plan.files);
        self.processes.set(&self.vrrp, &plan.processes, tracking_settings(&plan));
        lock(&self.bfd).set(&self.vrrp, &plan.bfd_sessions, &plan.bfd_scheduling);
        // What is the same goes on: delays that run, and announcements that wait for their turn.
        if plan.interface_settings != self.plan.interface_settings {
            self.vrrp.watch_interfaces(plan.interface_settings.clone())?;
        }
        if plan.announcement_limits != self.plan.announcement_limits {
            self.vrrp.limit_announcements(plan.announcement_limits.clone())?;
        }
        let wanted: BTreeSet<Identity> =
            plan.routers.iter().map(|planned| Identity::of(planned)).collect();
        let gone: Vec<Identity> =
            self.running.keys().filter(|identity| !wanted.contains(identity)).cloned().collect();
        for identity in gone {
            self.remove(&identity);
        }
        self.vrrp.keep(
            plan.static_addresses.iter().cloned(),
            plan.static_routes.iter().cloned(),
            plan.static_rules.iter().cloned(),
        )?;
        self.notifier.set(&plan);
        self.groups.set(&plan);
        // An address that moves from one router to another is free only after the first has changed.
        let mut waiting: Vec<&Arc<PlannedRouter>> = plan.routers.iter().collect();
        let is_whole = loop {
            let before = waiting.len();
            let mut refused = Vec::new();
            for planned in waiting {
                let identity = Identity::of(planned);
                let outcome = match self.running.get_mut(&identity) {
                    Some(running) => match running.change(planned) {
                        Ok(()) => None,
                        Err(ReconfigureError::NotSameRouter) => {
                            // With another interface of its own it is another router.
                            let before = Arc::clone(&running.planned);
                            self.remove(&identity);
                            let outcome = self.add(planned)?;
                            if outcome.is_some()
                                && let Some(error) = self.add(&before)?
                            {
                                let instance = &before.instance.name;
                                tracing::error!(instance, error, "it cannot be had again");
                            }
                            outcome
                        }
                        Err(ReconfigureError::Stopped(stopped)) => return Err(stopped.into()),
                        Err(error) => Some(chain(&error)),
                    },
                    None => self.add(planned)?,
                };
                refused.extend(outcome.map(|error| (planned, error)));
            }
            if refused.is_empty() || refused.len() == before {
                let is_whole = refused.is_empty();
                for (planned, error) in refused {
                    let instance = &planned.instance.name;
                    tracing::error!(instance, error, "cannot be taken; it is as it was");
                }
                break is_whole;
            }
            waiting = refused.into_iter().map(|(planned, _)| planned).collect();
        };
        self.scripts.set(&self.vrrp, &plan.scripts);
        lock(&self.bfd).forget_gone(&self.vrrp);
        let leads = self.leads(&plan);
        let sessions = lock(&self.bfd).told();
        let balancing = match &self.balancing {
            Some(balancing) => {
                balancing.set(&plan, leads, sessions);
                None
            }
            None => Balancing::start(&plan, sessions).unwrap_or_else(|error| {
                tracing::error!(%error, "nothing is balanced: the thread cannot be started");
                None
            }),
        };
        if let Some(balancing) = balancing {
            balancing.follow(leads);
            self.view.lock().unwrap_or_else(PoisonError::into_inner).balancing =
                Some(balancing.handle());
            self.balancing = Some(balancing);
        }
        lock(&self.bfd).tell_checks(self.balancing.as_ref().map(Balancing::follower));
        self.plan = plan;
        self.known_errors = errors;
        for group in self.groups.all() {
            self.follow_group(&group.group.name);
        }
        if self.plan.global.repeats_states_on_reload {
            self.repeat_states();
        }
        {
            let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
            view.reloads += 1;
            view.is_current = is_whole;
        }
        self.publish();
        Ok(())
    }

    /// Remembers for the status that there was a configuration which could not be taken.
    pub fn refuse_reload(&mut self) {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).is_current = false;
    }

    fn remove(&mut self, identity: &Identity) {
        let Some(running) = self.running.remove(identity) else { return };
        let id = running.router.id();
        self.leaving.push(id);
        running.router.stop();
        // Others of its group may have changed with it; that is told when it is read.
        while let Some(notice) = self.events.try_next() {
            self.occur(&notice);
        }
        self.leaving.retain(|other| *other != id);
        self.by_id.remove(&id);
        tracing::info!(instance = running.planned.instance.name, "no longer configured");
        self.tell_deleted(&running);
    }

    /// What the kernel or another router has against it is returned.
    fn add(&mut self, planned: &Arc<PlannedRouter>) -> Result<Option<String>, Stopped> {
        let identity = Identity::of(planned);
        match self.vrrp.add(planned.config.clone()) {
            Ok(router) => {
                self.by_id.insert(router.id(), identity.clone());
                self.running.insert(identity, Running::new(router, Arc::clone(planned)));
                Ok(None)
            }
            Err(vrrp_io::AddError::Stopped(stopped)) => Err(stopped),
            Err(error) => Ok(Some(chain(&error))),
        }
    }
}

impl Running {
    /// Takes another description and keeps the role. What the kernel refuses leaves the router as it
    /// was.
    fn change(&mut self, planned: &Arc<PlannedRouter>) -> Result<(), ReconfigureError> {
        if planned.config != self.planned.config {
            self.router.reconfigure(planned.config.clone())?;
        }
        self.planned = Arc::clone(planned);
        if self.state == State::Initialize {
            self.state = self.router.state();
        }
        Ok(())
    }
}

/// What cannot change while it runs, as in keepalived: everything that runs would be somewhere else.
fn fixed(before: &Plan, now: &Plan) -> Option<&'static str> {
    let (around, next) = (&before.surroundings, &now.surroundings);
    let is_other = [
        ("net_namespace", around.net_namespace != next.net_namespace),
        ("instance", around.instance != next.instance),
        ("net_namespace_ipvs", around.net_namespace_ipvs != next.net_namespace_ipvs),
        ("nftables", before.global.nftables.table != now.global.nftables.table),
        ("disable_local_igmp", before.global.disable_local_igmp != now.global.disable_local_igmp),
    ];
    is_other.into_iter().find(|(_, is_other)| *is_other).map(|(keyword, _)| keyword)
}

/// What is looked at only when the daemon starts: the keywords, and what they were.
#[derive(Debug)]
pub(super) struct AtStart(Vec<(&'static str, String)>);

impl AtStart {
    pub(super) fn of(plan: &Plan) -> Self {
        let global = &plan.global;
        Self(vec![
            ("vrrp_priority and its kin", format!("{:?}", plan.scheduling)),
            ("bfd_priority and its kin", format!("{:?}", plan.bfd_scheduling)),
            ("checker_priority and its kin", format!("{:?}", plan.checker_scheduling)),
            (
                "nftables_ipvs_start_fwmark",
                format!("{:?}", plan.lvs.nftables.as_ref().map(|it| it.first_mark)),
            ),
            ("nftables_priority and its kin", format!("{:?}", plan.firewall)),
            ("umask", format!("{:?}", global.umask)),
            ("use_pid_dir", format!("{:?}", plan.surroundings.use_pid_dir)),
            ("vrrp_netlink_cmd_rcv_bufs", format!("{:?}", global.netlink_command_buffer)),
            ("vrrp_netlink_monitor_rcv_bufs", format!("{:?}", global.netlink_monitor_buffer)),
        ])
    }

    fn differences(&self, now: &Self) -> impl Iterator<Item = &'static str> {
        let pairs = self.0.iter().zip(&now.0);
        pairs.filter(|(before, now)| before.1 != now.1).map(|(before, _)| before.0)
    }
}
