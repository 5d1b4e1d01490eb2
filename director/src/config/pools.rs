//! Services with their servers, as they are run.

use std::fmt;
use std::sync::Arc;

use healthcheck::probes::Probe;
use healthcheck::{CheckConfig, PoolConfig, ServerConfig};
use ipvs_netlink::{Destination, Service};
use keepalived_conf::model::{RealServer, VirtualServer};

use super::commands::Command;

/// A `virtual_server` that can be run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedPool {
    /// As the file describes it, without its servers.
    pub line: VirtualServer,
    /// What IPVS gets: one service, or those of its group.
    pub services: Vec<Service>,
    /// How the pool decides.
    pub config: PoolConfig,
    /// Its servers.
    pub servers: Vec<PlannedServer>,
    /// The sorry server.
    pub sorry: Option<Destination>,
    /// `quorum_up`.
    pub quorum_up: Option<Command>,
    /// `quorum_down`.
    pub quorum_down: Option<Command>,
    /// Whether mails are sent about it.
    pub smtp_alert: bool,
}

/// A `real_server` that can be run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedServer {
    /// As the file describes it, without its checks.
    pub line: RealServer,
    /// What IPVS gets, with the weight of the file.
    pub destination: Destination,
    /// How it is used.
    pub config: ServerConfig,
    /// Its checks.
    pub checks: Vec<PlannedCheck>,
    /// `notify_up`.
    pub notify_up: Option<Command>,
    /// `notify_down`.
    pub notify_down: Option<Command>,
    /// Whether mails are sent about it.
    pub smtp_alert: bool,
}

/// A check that can be run.
#[derive(Clone)]
#[non_exhaustive]
pub struct PlannedCheck {
    /// Its keyword.
    pub keyword: &'static str,
    /// When it is run.
    pub config: CheckConfig,
    /// What is run; an error makes it one that has failed for good, which is never a success.
    pub probe: Result<Arc<dyn Probe>, String>,
    /// Two checks are the same when these are.
    pub identity: String,
    /// Whether each failure is logged.
    pub logs_all_failures: bool,
}

impl fmt::Debug for PlannedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity)
    }
}
