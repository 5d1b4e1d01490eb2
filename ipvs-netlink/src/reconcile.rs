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
    /// left to do. When answers were lost, the table is read again and what is missing is done again.
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked.
    pub fn reconcile(&mut self, wanted: &Table, scope: &Scope) -> Result<Reconciled, Error> {
        let done = self.change_to(wanted, scope)?;
        if done.refused.iter().any(|(_, error)| *error == ChangeError::AnswerLost) {
            return self.change_to(wanted, scope);
        }
        Ok(done)
    }

    fn change_to(&mut self, wanted: &Table, scope: &Scope) -> Result<Reconciled, Error> {
        let plan = Plan::new(&self.read()?, wanted, scope);
        let (giving, taking) = plan.parts();
        let mut refused = refusals(giving, self.apply(giving)?);
        let bare = bare(wanted, &refused);
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

/// The services that have none of the destinations that were to take connections.
fn bare(wanted: &Table, refused: &[(Change, ChangeError)]) -> BTreeSet<ServiceKey> {
    let mut missing: BTreeSet<(ServiceKey, DestinationKey)> = BTreeSet::new();
    for (change, _) in refused {
        if let Change::AddDestination(key, wanted) | Change::EditDestination(key, wanted) = change {
            missing.insert((*key, wanted.key));
        }
    }
    let mut bare: BTreeSet<ServiceKey> = missing.iter().map(|(key, _)| *key).collect();
    bare.retain(|key| {
        let all = wanted.get(key).into_iter().flat_map(VirtualServer::destinations);
        let mut usable = all.filter(|wanted| wanted.weight != 0).peekable();
        usable.peek().is_some() && usable.all(|wanted| missing.contains(&(*key, wanted.key)))
    });
    bare
}
