//! What makes one table of another.

use std::collections::BTreeSet;
use std::fmt;

use crate::change::Change;
use crate::service::ServiceKey;
use crate::table::{Table, VirtualServer};

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
/// could have: what is there is changed and not made anew, and first come all changes that give: new services,
/// new destinations, new weights. Then come those that take: weights that become 0, old destinations, services
/// that are not wanted.
///
/// [`Ipvs::carry_out`](crate::Ipvs::carry_out) makes them, and does not take where nothing could be given.
///
/// Printed, it is what `ipvsadm` would be told, line by line, with `--local` and `--bypass` for what it has no
/// words for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    changes: Vec<Change>,
    /// So many of them give.
    giving: usize,
}

impl Plan {
    /// What makes `wanted` of `present`.
    pub fn new(present: &Table, wanted: &Table, scope: &Scope) -> Self {
        let (mut changes, mut taking) = (Vec::new(), Vec::new());
        for server in wanted.iter() {
            let key = server.service().key;
            match present.get(&key) {
                Some(before) => edit(before, server, &mut changes, &mut taking),
                None => {
                    changes.push(Change::AddService(server.service().clone()));
                    let all = server.destinations();
                    changes.extend(all.map(|wanted| Change::AddDestination(key, *wanted)));
                }
            }
        }
        let keys = present.iter().map(|server| server.service().key);
        let is_gone = |key: &ServiceKey| wanted.get(key).is_none() && scope.contains(key);
        taking.extend(keys.filter(is_gone).map(Change::DeleteService));
        let giving = changes.len();
        changes.append(&mut taking);
        Self { changes, giving }
    }

    /// The changes in their order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether everything is as it is to be.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Those that give, and those that take.
    pub(crate) fn parts(&self) -> (&[Change], &[Change]) {
        self.changes.split_at(self.giving)
    }
}

fn edit(
    before: &VirtualServer,
    wanted: &VirtualServer,
    giving: &mut Vec<Change>,
    taking: &mut Vec<Change>,
) {
    let key = wanted.service().key;
    if before.service() != wanted.service() {
        giving.push(Change::EditService(wanted.service().clone()));
    }
    for destination in wanted.destinations() {
        match before.get(&destination.key) {
            None => giving.push(Change::AddDestination(key, *destination)),
            Some(before) if before == destination => {}
            Some(_) if destination.weight == 0 => {
                taking.push(Change::EditDestination(key, *destination));
            }
            Some(_) => giving.push(Change::EditDestination(key, *destination)),
        }
    }
    let gone = before.destinations().filter(|old| wanted.get(&old.key).is_none());
    taking.extend(gone.map(|old| Change::DeleteDestination(key, old.key)));
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, Scope};
    use crate::table::Table;

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
                        -A -u 192.0.2.1:53 -s rr\n\
                        -d -t 192.0.2.1:80 -r 10.0.0.1:80\n\
                        -D -t 192.0.2.2:80\n";
        assert_eq!(plan(present, wanted), expected);
        assert_eq!(plan(wanted, wanted), "");
    }

    #[test]
    fn who_is_drained_is_replaced_before() {
        let present = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1:0 -w 1\n-a -f 1 -r 10.0.0.2:0 -w 0\n";
        let wanted = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1:0 -w 0\n-a -f 1 -r 10.0.0.2:0 -w 1\n\
                      -a -f 1 -r 10.0.0.3:0 -w 1\n";
        let expected = "-e -f 1 -r 10.0.0.2:0 -g -w 1\n\
                        -a -f 1 -r 10.0.0.3:0 -g -w 1\n\
                        -e -f 1 -r 10.0.0.1:0 -g -w 0\n";
        assert_eq!(plan(present, wanted), expected);
    }
}
