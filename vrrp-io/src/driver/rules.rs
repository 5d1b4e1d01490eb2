//! Policy rules that an Active router has.

use netlink_addr::Rule;
use vrrp_fsm::State;

use super::origin::ORIGIN;
use super::{Driver, Key};
use crate::config::VirtualRule;

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
    pub(super) fn add_rules(&mut self, keys: &[Key]) {
        let (mut wanted, mut owners) = (Vec::new(), Vec::new());
        let was_added = |key: &Key| {
            self.instances.get(key).is_some_and(|i| {
                i.config.rules.iter().any(|line| has(&i.installed_rules, &marked(line)))
            })
        };
        let present = match keys.iter().any(was_added) {
            true => self.table.rules().map(Some),
            false => Ok(None),
        };
        let present = present.unwrap_or_else(|error| {
            let error = crate::error::chain(&error);
            tracing::error!(error, "cannot read the rules");
            self.resync_soon();
            None
        });
        for key in keys {
            let Some(instance) = self.instances.get(key) else { continue };
            for line in &instance.config.rules {
                let rule = marked(line);
                // What is not to be looked after and was taken away stays away. One without a preference
                // would be added a second time.
                let is_missing = || present.as_ref().is_some_and(|present| !has(present, &rule));
                let is_wanted =
                    !has(&instance.installed_rules, &rule) || (line.is_tracked && is_missing());
                if is_wanted {
                    wanted.push(rule);
                    owners.push(*key);
                }
            }
        }
        if wanted.is_empty() {
            return;
        }
        let are_there = self.install_rules(&wanted);
        for ((rule, key), is_there) in wanted.into_iter().zip(owners).zip(are_there) {
            let Some(instance) = self.instances.get_mut(&key).filter(|_| is_there) else {
                continue;
            };
            if !has(&instance.installed_rules, &rule) {
                instance.installed_rules.push(rule);
            }
        }
        self.watch_routes();
    }

    /// Adds rules, and says of each whether it is there now.
    pub(super) fn install_rules(&mut self, wanted: &[Rule]) -> Vec<bool> {
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
                return vec![true; wanted.len()];
            }
        };
        let is_there = |outcome: Result<(), netlink_addr::RuleError>| {
            if let Err(error) = &outcome {
                let error = crate::error::chain(error);
                tracing::warn!(error, "a rule could not be added");
            }
            outcome.is_ok()
        };
        outcomes.into_iter().map(is_there).collect()
    }

    /// Removes installed rules that `is_meant`.
    pub(super) fn remove_rules(&mut self, keys: &[Key], is_meant: impl Fn(&Rule) -> bool) {
        let mut removed: Vec<Rule> = Vec::new();
        for key in keys {
            let Some(instance) = self.instances.get_mut(key) else { continue };
            removed.extend(instance.installed_rules.extract_if(.., |rule| is_meant(rule)));
        }
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
    pub(super) fn remove_old_rules(&mut self, keys: &[Key]) {
        let configs = keys.iter().filter_map(|key| Some(&self.instances.get(key)?.config));
        let wanted: Vec<Rule> = configs.flat_map(|config| &config.rules).map(marked).collect();
        if wanted.is_empty() {
            return;
        }
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
            let is_meant = is_active && !self.duties.concern(*key);
            (is_meant && !instance.config.rules.is_empty()).then_some(*key)
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
        let is_missing = |key: &Key| {
            let Some(instance) = self.instances.get(key) else { return false };
            instance.config.rules.iter().any(|wanted| {
                let rule = marked(wanted);
                let was_there = has(&instance.installed_rules, &rule);
                !has(&present, &rule) && (wanted.is_tracked || !was_there)
            })
        };
        let keys: Vec<Key> = keys.into_iter().filter(is_missing).collect();
        for key in &keys {
            let vrid = key.vrid.get();
            tracing::warn!(vrid, "virtual rules are missing; putting them back");
        }
        self.add_rules(&keys);
    }
}
