//! Policy rules that an Active router has.

use netlink_addr::Rule;
use vrrp_fsm::State;

use super::origin::ORIGIN;
use super::{Driver, Key};
use crate::config::{RouterConfig, VirtualRule};

/// The rule as it is put into the kernel's list.
pub(super) fn marked(wanted: &VirtualRule) -> Rule {
    let mut rule = wanted.rule.clone();
    if rule.protocol == 0 {
        // Tells it from a rule that somebody else put there.
        rule.protocol = ORIGIN;
    }
    rule
}

fn has(list: &[Rule], rule: &Rule) -> bool {
    list.iter().any(|other| other.is_same(rule))
}

impl Driver {
    /// A rule that cannot be had is logged, and tried again when rules change. It does not make the router
    /// unfit.
    pub(super) fn add_rules(&mut self, key: Key) {
        let Some(instance) = self.instances.get(&key) else { return };
        if instance.config.rules.is_empty() {
            return;
        }
        // What is not to be looked after and was taken away stays away.
        let was_added = |rule: &VirtualRule| has(&instance.installed_rules, &marked(rule));
        // One without a preference would be added a second time.
        let present = match instance.config.rules.iter().any(was_added) {
            true => self.table.rules().unwrap_or_default(),
            false => Vec::new(),
        };
        let is_wanted = |rule: &&VirtualRule| match was_added(rule) {
            true => rule.is_tracked && !has(&present, &marked(rule)),
            false => true,
        };
        let wanted: Vec<Rule> =
            instance.config.rules.iter().filter(is_wanted).map(marked).collect();
        let added = self.install_rules(&wanted);
        if let Some(instance) = self.instances.get_mut(&key) {
            for rule in added {
                if !has(&instance.installed_rules, &rule) {
                    instance.installed_rules.push(rule);
                }
            }
        }
        self.watch_routes();
    }

    /// Adds rules and returns those that are there now.
    pub(super) fn install_rules(&mut self, wanted: &[Rule]) -> Vec<Rule> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let outcomes = match self.table.add_rules(wanted) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "rules could not be added");
                self.resync_soon();
                // They may be there all the same.
                return wanted.to_vec();
            }
        };
        let mut added = Vec::new();
        for (outcome, rule) in outcomes.into_iter().zip(wanted) {
            match outcome {
                Ok(()) => added.push(rule.clone()),
                Err(error) => {
                    let error = crate::error::chain(&error);
                    tracing::warn!(error, "a rule could not be added");
                }
            }
        }
        added
    }

    /// Removes installed rules that `is_meant`.
    pub(super) fn remove_rules(&mut self, key: Key, is_meant: impl Fn(&Rule) -> bool) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        let removed: Vec<Rule> =
            instance.installed_rules.extract_if(.., |rule| is_meant(rule)).collect();
        self.uninstall_rules(&removed);
    }

    pub(super) fn uninstall_rules(&mut self, rules: &[Rule]) {
        if rules.is_empty() {
            return;
        }
        let failed: Vec<(Rule, String)> = match self.table.remove_rules(rules) {
            Ok(outcomes) => outcomes
                .into_iter()
                .zip(rules)
                .filter_map(|(outcome, rule)| {
                    Some((rule.clone(), crate::error::chain(&outcome.err()?)))
                })
                .collect(),
            Err(error) => {
                let error = crate::error::chain(&error);
                rules.iter().map(|rule| (rule.clone(), error.clone())).collect()
            }
        };
        for (rule, error) in failed {
            tracing::warn!(error, "a rule could not be removed; it is tried again");
            self.orphan_rules.push(rule);
            self.resync_soon();
        }
    }

    /// Those that could not be removed and that nobody has put there again.
    pub(super) fn remove_orphan_rules(&mut self) {
        let orphans = std::mem::take(&mut self.orphan_rules);
        let is_orphan = |rule: &&Rule| {
            self.instances.values().all(|instance| !has(&instance.installed_rules, rule))
        };
        let orphans: Vec<Rule> = orphans.iter().filter(is_orphan).cloned().collect();
        self.uninstall_rules(&orphans);
    }

    /// Removes rules that a crash left behind.
    pub(super) fn remove_old_rules(&mut self, config: &RouterConfig) {
        if config.rules.is_empty() {
            return;
        }
        let wanted: Vec<Rule> = config.rules.iter().map(marked).collect();
        match self.table.rules() {
            Ok(mut present) => {
                present.retain(|present| {
                    wanted.iter().any(|w| w.is_same(present) && w.protocol == present.protocol)
                });
                self.uninstall_rules(&present);
            }
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "cannot look for old rules");
            }
        }
    }

    /// Puts back rules of Active routers that somebody took away.
    pub(super) fn look_after_rules(&mut self) {
        let with_rules = |(key, instance): (&Key, &super::Instance)| {
            let is_active =
                self.routers.get(key).is_some_and(|router| router.state() == State::Active);
            (is_active && !instance.config.rules.is_empty()).then_some(*key)
        };
        let keys: Vec<Key> = self.instances.iter().filter_map(with_rules).collect();
        if keys.is_empty() {
            return;
        }
        let present = match self.table.rules() {
            Ok(present) => present,
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot read the rules");
                return self.resync_soon();
            }
        };
        for key in keys {
            let Some(instance) = self.instances.get(&key) else { continue };
            let is_missing = |wanted: &VirtualRule| {
                let rule = marked(wanted);
                let was_there = has(&instance.installed_rules, &rule);
                !has(&present, &rule) && (wanted.is_tracked || !was_there)
            };
            if instance.config.rules.iter().any(is_missing) {
                tracing::warn!(
                    vrid = key.vrid.get(),
                    "virtual rules are missing; putting them back"
                );
                self.add_rules(key);
            }
        }
    }
}
