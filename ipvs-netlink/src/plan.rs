//! What makes one table of another.

use std::collections::BTreeSet;
use std::fmt;

use crate::change::Change;
use crate::error::ChangeError;
use crate::service::ServiceKey;
use crate::wanted::{Table, VirtualServer};

/// Whose services are looked at. Those of others stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "all, or some")]
pub enum Scope {
    /// All: what is not wanted goes.
    All,
    /// Those that are wanted, and these, which go when they are not.
    Own(BTreeSet<ServiceKey>),
}

impl Scope {
    fn contains(&self, key: &ServiceKey) -> bool {
        match self {
            Self::All => true,
            Self::Own(keys) => keys.contains(key),
        }
    }
}

/// The changes that make one table of another, in an order in which no service is without a destination that it
/// could have: what is there is changed and not made anew, new destinations come before old ones go, and
/// services that are not wanted go last.
///
/// Printed, it is what `ipvsadm` would be told, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan(Vec<Change>);

impl Plan {
    /// What makes `wanted` of `present`.
    pub fn new(present: &Table, wanted: &Table, scope: &Scope) -> Self {
        let mut changes = Vec::new();
        for server in wanted.iter() {
            match present.get(&server.service.key) {
                Some(before) => edit(before, server, &mut changes),
                None => {
                    let key = server.service.key;
                    changes.push(Change::AddService(server.service.clone()));
                    let all = server.destinations();
                    changes.extend(all.map(|wanted| Change::AddDestination(key, *wanted)));
                }
            }
        }
        let keys = present.iter().map(|server| server.service.key);
        let is_gone = |key: &ServiceKey| wanted.get(key).is_none() && scope.contains(key);
        changes.extend(keys.filter(is_gone).map(Change::DeleteService));
        Self(changes)
    }

    /// The changes in their order.
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// Whether everything is as it is to be.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn edit(before: &VirtualServer, wanted: &VirtualServer, changes: &mut Vec<Change>) {
    let key = wanted.service.key;
    if before.service != wanted.service {
        changes.push(Change::EditService(wanted.service.clone()));
    }
    for destination in wanted.destinations() {
        match before.get(&destination.key) {
            None => changes.push(Change::AddDestination(key, *destination)),
            Some(before) if before != destination => {
                changes.push(Change::EditDestination(key, *destination));
            }
            Some(_) => {}
        }
    }
    let gone = before.destinations().filter(|old| wanted.get(&old.key).is_none());
    changes.extend(gone.map(|old| Change::DeleteDestination(key, old.key)));
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}

/// What became of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "changes may have been refused"]
pub struct Reconciled {
    /// The changes that were tried.
    pub plan: Plan,
    /// Those that were refused, and why; all others were made.
    pub refused: Vec<(Change, ChangeError)>,
}

#[cfg(test)]
mod tests {
    use super::{Plan, Scope};
    use crate::wanted::Table;

    #[track_caller]
    fn plan(present: &str, wanted: &str) -> String {
        let (present, wanted): (Table, Table) = (present.parse().unwrap(), wanted.parse().unwrap());
        Plan::new(&present, &wanted, &Scope::All).to_string()
    }

    #[test]
    fn new_destinations_come_before_old_ones_go() {
        let present = "-A -t 192.0.2.1:80 -s rr\n\
                       -a -t 192.0.2.1:80 -r 10.0.0.1:80 -m\n\
                       -a -t 192.0.2.1:80 -r 10.0.0.2:80 -m\n\
                       -A -t 192.0.2.2:80 -s rr\n";
        let wanted = "-A -t 192.0.2.1:80 -s wrr\n\
                      -a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 5\n\
                      -a -t 192.0.2.1:80 -r 10.0.0.3:80 -m\n\
                      -A -u 192.0.2.1:53 -s rr\n";
        let expected = "-E -t 192.0.2.1:80 -s wrr\n\
                        -e -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 5\n\
                        -a -t 192.0.2.1:80 -r 10.0.0.3:80 -m -w 1\n\
                        -d -t 192.0.2.1:80 -r 10.0.0.1:80\n\
                        -A -u 192.0.2.1:53 -s rr\n\
                        -D -t 192.0.2.2:80\n";
        assert_eq!(plan(present, wanted), expected);
        assert_eq!(plan(wanted, wanted), "");
    }
}
