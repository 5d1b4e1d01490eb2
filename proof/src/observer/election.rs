//! What is known of one election, and what holds of all its routers together.

use std::collections::BTreeMap;
use std::time::Duration;

use vrrp_fsm::{State, Timestamp};

use super::{Observer, SLACK};
use crate::described::Described;
use crate::property::Property;

/// Routers with one key and version.
#[derive(Clone, Debug)]
pub(super) struct Election {
    pub(super) members: Vec<usize>,
    /// Packets are lost, or do not reach everybody.
    pub(super) is_stormy: bool,
    quiet_since: Timestamp,
    /// For how long there may be nobody.
    vacancy: Duration,
    /// How long it takes until it is decided.
    settling: Duration,
    /// Since when there is nobody, by partition.
    vacant_since: BTreeMap<u8, Timestamp>,
}

/// Whether it storms; for how long it has been quiet; for how long it has been vacant, by partition.
pub(super) type ElectionFromNow = (bool, Duration, Vec<(u8, Duration)>);

impl Election {
    pub(super) fn new(all: &[Described], number: usize, delay: Duration) -> Self {
        let members: Vec<usize> =
            (0..all.len()).filter(|router| all[*router].election == number).collect();
        let of = |of: fn(&Described) -> Duration| {
            members.iter().map(|router| of(&all[*router])).max().unwrap_or_default()
        };
        let (interval, startup) = (of(Described::interval), of(|router| router.startup_delay));
        // Priority 1 waits longest.
        let down = members.iter().map(|router| all[*router].down(interval, 1)).max();
        let down = down.unwrap_or_default() + delay + SLACK;
        Self {
            is_stormy: false,
            quiet_since: Timestamp::EPOCH,
            vacancy: down + startup,
            settling: 2 * down + startup + of(|router| router.preempt_delay),
            vacant_since: BTreeMap::new(),
            members,
        }
    }

    pub(super) fn disturb(&mut self, world: Timestamp) {
        self.quiet_since = world;
        // Who was to take over may be another one now.
        for since in self.vacant_since.values_mut() {
            *since = world;
        }
    }

    fn is_settled(&self, world: Timestamp) -> bool {
        !self.is_stormy && world >= self.quiet_since + self.settling
    }

    pub(super) fn looks(&self) -> impl Iterator<Item = Timestamp> {
        let settled = (!self.is_stormy).then(|| self.quiet_since + self.settling);
        let vacant = self.vacant_since.values().map(|since| *since + self.vacancy + SLACK);
        settled.into_iter().chain(vacant)
    }

    /// How far it is, for those who compare states.
    pub(super) fn snapshot(&self, now: Timestamp) -> ElectionFromNow {
        let age =
            |since: Timestamp, most: Duration| now.saturating_since(since).min(most + 2 * SLACK);
        let vacant =
            self.vacant_since.iter().map(|(part, since)| (*part, age(*since, self.vacancy)));
        (self.is_stormy, age(self.quiet_since, self.settling), vacant.collect())
    }
}

impl Observer {
    pub(super) fn check_election(&mut self, number: usize, world: Timestamp) {
        let election = &self.elections[number];
        let is_settled = election.is_settled(world);
        // By partition: the Active ones, and the fit ones.
        let mut parts: BTreeMap<u8, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for router in &election.members {
            let seen = &self.seen[*router];
            let part = parts.entry(seen.partition).or_default();
            if seen.is_fit() {
                part.1.push(*router);
                if seen.state == State::Active {
                    part.0.push(*router);
                }
            }
        }
        for (part, (active, fit)) in parts {
            let is_grouped = fit.iter().any(|router| self.described[*router].group.is_some());
            let is_able = |router: &&usize| self.is_group_fit(**router);
            let able = fit.iter().find(is_able).copied();
            if let [first, second, ..] = active[..]
                && is_settled
            {
                let what = || format!("routers {first} and {second} are Active");
                self.violate(Property::OneActive, world, first, what);
            }
            // Members of a group wait for each other: when they are to be Active is known once it is quiet.
            if let (true, true, [], Some(able)) = (is_grouped, is_settled, &active[..], able) {
                let what = || "all of its group are fit, and nobody is Active".to_owned();
                self.violate(Property::SomeActive, world, able, what);
            }
            let election = &mut self.elections[number];
            let is_vacant = active.is_empty() && !fit.is_empty() && !is_grouped;
            let since = match is_vacant {
                true => Some(*election.vacant_since.entry(part).or_insert(world)),
                false => election.vacant_since.remove(&part),
            };
            if let (Some(since), Some(first)) = (since, fit.first())
                && !election.is_stormy
                && world > since + election.vacancy + SLACK
            {
                let what = || format!("since {since} nobody was Active");
                self.violate(Property::SomeActive, world, *first, what);
            }
            if let [active] = active[..]
                && is_settled
                && !is_grouped
            {
                let outranks = |router: &&usize| {
                    self.described[**router].preempt
                        && self.seen[**router].priority > self.seen[active].priority
                };
                if let Some(rival) = fit.iter().find(outranks).copied() {
                    let what = || format!("router {active} is Active, and {rival} outranks it");
                    self.violate(Property::RightfulActive, world, active, what);
                }
            }
        }
    }

    /// Whether all members of its group on its machine could be Active.
    fn is_group_fit(&self, router: usize) -> bool {
        let Described { machine, group, .. } = &self.described[router];
        let mut all = self.described.iter().zip(&self.seen);
        all.all(|(other, seen)| {
            other.machine != *machine || other.group != *group || group.is_none() || seen.is_fit()
        })
    }
}
