use std::fmt;

use crate::name::Name;

/// How a service chooses among its destinations: a module `ip_vs_NAME` of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheduler {
    /// `rr`: one after the other.
    RoundRobin,
    /// `wrr`: one after the other, by weight.
    WeightedRoundRobin,
    /// `lc`: the one with the fewest connections.
    LeastConnection,
    /// `wlc`: the one with the fewest connections, by weight.
    WeightedLeastConnection,
    /// `lblc`: by the address that is asked for, as long as that server is not overloaded.
    LocalityBasedLeastConnection,
    /// `lblcr`: the same with a set of servers for each address.
    LocalityBasedLeastConnectionWithReplication,
    /// `dh`: by the address that is asked for.
    DestinationHashing,
    /// `sh`: by the address of the client.
    SourceHashing,
    /// `sed`: the shortest expected delay.
    ShortestExpectedDelay,
    /// `nq`: an idle one, else the shortest expected delay.
    NeverQueue,
    /// `fo`: the one with the highest weight.
    WeightedFailover,
    /// `ovf`: the one with the highest weight, until it has as many connections.
    WeightedOverflow,
    /// `mh`: by the address of the client, with Maglev's table.
    MaglevHashing,
    /// `twos`: the better of two by chance.
    PowerOfTwo,
    /// Any other, made by [`Scheduler::from_name`] and told by [`Scheduler::name`].
    #[non_exhaustive]
    Other(Name),
}

impl Scheduler {
    const KNOWN: [(&'static str, Self); 14] = [
        ("rr", Self::RoundRobin),
        ("wrr", Self::WeightedRoundRobin),
        ("lc", Self::LeastConnection),
        ("wlc", Self::WeightedLeastConnection),
        ("lblc", Self::LocalityBasedLeastConnection),
        ("lblcr", Self::LocalityBasedLeastConnectionWithReplication),
        ("dh", Self::DestinationHashing),
        ("sh", Self::SourceHashing),
        ("sed", Self::ShortestExpectedDelay),
        ("nq", Self::NeverQueue),
        ("fo", Self::WeightedFailover),
        ("ovf", Self::WeightedOverflow),
        ("mh", Self::MaglevHashing),
        ("twos", Self::PowerOfTwo),
    ];

    /// The scheduler of this name; `None` for `none`, which is the kernel's word for no scheduler.
    pub fn from_name(name: Name) -> Option<Self> {
        if name.as_str() == "none" {
            return None;
        }
        let known = Self::KNOWN.into_iter().find(|(known, _)| *known == name.as_str());
        Some(known.map_or(Self::Other(name), |(_, scheduler)| scheduler))
    }

    /// Its name, as the kernel and `ipvsadm` have it.
    pub fn name(&self) -> &str {
        match self {
            Self::Other(name) => name.as_str(),
            known => Self::KNOWN
                .iter()
                .find(|(_, scheduler)| scheduler == known)
                .map_or("", |(name, _)| name),
        }
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}
