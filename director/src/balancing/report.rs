//! What is shown of pools.

use serde::{Deserialize, Serialize};

use super::label;
use super::pools::Pools;
use crate::cause::chain;

/// A service with its servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PoolReport {
    /// As keepalived writes it: `[192.0.2.1]:tcp:80`.
    pub service: String,
    /// Whether it has its quorum.
    pub has_quorum: bool,
    /// Whether its sorry server is used.
    pub is_sorry: bool,
    /// Its servers.
    pub servers: Vec<ServerReport>,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerReport {
    /// As keepalived writes it: `[10.0.0.1]:tcp:80`.
    pub server: String,
    /// `UP` or `DOWN`.
    pub state: String,
    /// Its weight now.
    pub weight: u32,
    /// What its checks found.
    pub checks: Vec<CheckReport>,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// Its keyword.
    pub check: String,
    /// `UP` or `DOWN`.
    pub state: String,
    /// What was wrong the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// All pools, and the table that IPVS has or would have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) pools: Vec<PoolReport>,
    /// In the format of `ipvsadm-save`.
    pub(crate) table: String,
    pub(crate) has_ipvs: bool,
}

pub(super) fn pools(pools: &Pools) -> Vec<PoolReport> {
    (0..pools.plans.len()).map(|place| pool(pools, place)).collect()
}

fn pool(pools: &Pools, place: usize) -> PoolReport {
    let health = pools.checks.health();
    let servers = pools.servers(place).map(|(plan, id, checks)| ServerReport {
        server: label::server(&plan.line, &pools.plans[place].line),
        state: label::state(health.is_up(id)).to_owned(),
        weight: health.weight(id),
        checks: plan
            .checks
            .iter()
            .zip(checks)
            .map(|(plan, id)| CheckReport {
                check: plan.keyword.to_owned(),
                state: label::state(health.known(*id).is_up()).to_owned(),
                problem: pools.checks.problem(*id).map(|problem| chain(problem)),
            })
            .collect(),
    });
    PoolReport {
        service: pools.label(place),
        has_quorum: pools.has_quorum(place),
        is_sorry: pools.is_sorry(place),
        servers: servers.collect(),
    }
}
