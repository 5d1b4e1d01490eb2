//! "Make the table look like this."

use std::collections::BTreeSet;

use crate::change::Change;
use crate::destination::DestinationKey;
use crate::error::{ChangeError, Error};
use crate::ipvs::Ipvs;
use crate::plan::{Plan, Scope};
use crate::service::ServiceKey;
use crate::table::{Table, VirtualServer};

/// What became of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "changes may have been refused"]
pub struct Reconciled {
    /// The plan; the second one, when answers to the first were lost.
    pub plan: Plan,
    /// What was refused, and why.
    pub refused: Vec<(Change, ChangeError)>,
    /// What was not tried, because it would have left a service with nothing: none of the destinations that were to
    /// take connections could be had, and so the old ones stay.
    pub kept: Vec<Change>,
}

impl Ipvs {
    /// Makes the table like the wanted one. What fails is told, and the rest is done; a second time nothing is
    /// left to do. When answers were lost, or say that the table has become another one since it was read, it is read
    /// again and what is missing is done again.
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked.
    pub fn reconcile(&mut self, wanted: &Table, scope: &Scope) -> Result<Reconciled, Error> {
        let done = self.change_to(wanted, scope)?;
        if done.refused.iter().any(|(_, error)| error.tells_of_another_table()) {
            return self.change_to(wanted, scope);
        }
        Ok(done)
    }

    fn change_to(&mut self, wanted: &Table, scope: &Scope) -> Result<Reconciled, Error> {
        let present = self.read()?;
        self.carry_out(Plan::new(&present, wanted, scope), &present)
    }

    /// Makes the changes of a plan for a table that is like this. Where a service would be left with nothing, because
    /// none of the destinations that were to take connections could be had, the old ones stay.
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked.
    pub fn carry_out(&mut self, plan: Plan, present: &Table) -> Result<Reconciled, Error> {
        let (giving, taking) = plan.parts();
        let mut refused = refusals(giving, self.apply(giving)?);
        let bare = bare(present, &plan, &refused);
        let is_kept = |change: &Change| match change {
            Change::EditDestination(key, _) | Change::DeleteDestination(key, _) => {
                bare.contains(key)
            }
            _ => false,
        };
        let (kept, taking): (Vec<Change>, _) = taking.iter().cloned().partition(is_kept);
        refused.extend(refusals(&taking, self.apply(&taking)?));
        Ok(Reconciled { plan, refused, kept })
    }
}

fn refusals(
    changes: &[Change],
    outcomes: Vec<Result<(), ChangeError>>,
) -> Vec<(Change, ChangeError)> {
    let outcomes = outcomes.into_iter().zip(changes);
    outcomes.filter_map(|(outcome, change)| Some((change.clone(), outcome.err()?))).collect()
}

/// The services that would have nothing that takes connections once the plan takes what it takes.
fn bare(present: &Table, plan: &Plan, refused: &[(Change, ChangeError)]) -> BTreeSet<ServiceKey> {
    let added: BTreeSet<(ServiceKey, DestinationKey)> =
        refused.iter().filter_map(|(change, _)| added(change)).collect();
    let (giving, taking) = plan.parts();
    let mut bare: BTreeSet<ServiceKey> = added.iter().map(|(key, _)| *key).collect();
    bare.retain(|key| {
        let given = giving.iter().filter_map(added_with_weight);
        let is_given = given.clone().any(|new| new.0 == *key && !added.contains(&new));
        // One that is changed or stays serves as it did, whether the change was refused or not.
        let taken: BTreeSet<DestinationKey> = taking
            .iter()
            .filter_map(|change| match change {
                Change::EditDestination(of, gone) if of == key => Some(gone.key),
                Change::DeleteDestination(of, gone) if of == key => Some(*gone),
                _ => None,
            })
            .collect();
        let old = present.get(key).into_iter().flat_map(VirtualServer::destinations);
        let stays = old.filter(|old| old.weight != 0).any(|old| !taken.contains(&old.key));
        !is_given && !stays
    });
    bare
}

fn added(change: &Change) -> Option<(ServiceKey, DestinationKey)> {
    match change {
        Change::AddDestination(key, wanted) | Change::EditDestination(key, wanted) => {
            Some((*key, wanted.key))
        }
        _ => None,
    }
}

fn added_with_weight(change: &Change) -> Option<(ServiceKey, DestinationKey)> {
    match change {
        Change::AddDestination(_, wanted) | Change::EditDestination(_, wanted)
            if wanted.weight != 0 =>
        {
            added(change)
        }
        _ => None,
    }
}
