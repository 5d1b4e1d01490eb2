//! What sync groups are told as a whole.

use std::collections::BTreeMap;

use vrrp_io::fsm::State;

use crate::config::{Plan, PlannedGroup};
use crate::notify::Word;

/// The groups of a configuration, with what was told last.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<String, (PlannedGroup, Option<Word>)>,
}

impl Groups {
    pub(super) fn of(plan: &Plan) -> Self {
        let groups = plan.groups.iter();
        let groups = groups.map(|planned| (planned.group.name.clone(), (planned.clone(), None)));
        Self { groups: groups.collect() }
    }

    /// Goes on by another configuration; a group that stays remembers what was told.
    pub(super) fn set(&mut self, plan: &Plan) {
        let before = std::mem::replace(self, Self::of(plan));
        for (name, (_, told)) in &mut self.groups {
            *told = before.groups.get(name).and_then(|(_, told)| *told);
        }
    }

    /// The name of an instance's group.
    pub(super) fn of_member(&self, instance: &str) -> Option<String> {
        let is_member =
            |planned: &PlannedGroup| planned.group.members.iter().any(|m| m == instance);
        let found = self.groups.iter().find(|(_, (planned, _))| is_member(planned));
        found.map(|(name, _)| name.clone())
    }

    pub(super) fn get(&self, name: &str) -> Option<&PlannedGroup> {
        self.groups.get(name).map(|(planned, _)| planned)
    }

    pub(super) fn all(&self) -> Vec<PlannedGroup> {
        self.groups.values().map(|(planned, _)| planned.clone()).collect()
    }

    pub(super) fn states(&self) -> Vec<(String, Option<Word>)> {
        self.groups.iter().map(|(name, (_, told))| (name.clone(), *told)).collect()
    }

    /// Whether nothing was told of a group yet.
    pub(super) fn is_new(&self, name: &str) -> bool {
        self.groups.get(name).is_some_and(|(_, told)| told.is_none())
    }

    /// What the states of the members make of the group, if that is news.
    pub(super) fn news(&mut self, name: &str, members: &[State]) -> Option<Word> {
        let (_, told) = self.groups.get_mut(name)?;
        let all = |state: State| members.iter().all(|member| *member == state);
        let word = if members.contains(&State::Fault) {
            Word::Fault
        } else if all(State::Active) {
            Word::Master
        } else if all(State::Backup) {
            Word::Backup
        } else {
            return None;
        };
        (*told != Some(word)).then(|| {
            *told = Some(word);
            word
        })
    }

    /// It is told what it is before its first member is.
    pub(super) fn begin(&mut self, name: &str, word: Word) {
        if let Some((_, told)) = self.groups.get_mut(name) {
            *told = Some(word);
        }
    }
}
