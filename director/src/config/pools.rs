//! Services with their servers, as they are run.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use healthcheck::probes::Probe;
use healthcheck::{CheckConfig, PoolConfig, ServerConfig};
use ipvs_netlink::{Destination, Service};
use keepalived_conf::model::{RealServer, VirtualServer};

use super::commands::Command;
use super::marks::PlannedMarking;

/// A `virtual_server` that can be run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedPool {
    /// As the file describes it, without its servers.
    pub line: VirtualServer,
    /// What IPVS gets: one service, or those of its group.
    pub services: Vec<Service>,
    /// `nftables_ipvs`: what gets the mark that its services have.
    pub marking: Option<Box<PlannedMarking>>,
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
    pub checks: Box<[PlannedCheck]>,
    /// `notify_up`.
    pub notify_up: Option<Box<Command>>,
    /// `notify_down`.
    pub notify_down: Option<Box<Command>>,
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
    /// What is done.
    pub means: CheckMeans,
    /// Two checks of a server are the same when these are.
    pub identity: CheckIdentity,
    /// Whether each failure is logged.
    pub logs_all_failures: bool,
}

/// What a check does.
#[derive(Clone)]
#[non_exhaustive]
pub enum CheckMeans {
    /// It runs this.
    Run(Arc<dyn Probe>),
    /// It is told how this session of BFD is.
    Session {
        /// Its name.
        name: String,
        /// It is down until the session is up.
        begins_failed: bool,
    },
    /// For this reason it cannot be done: it has failed for good, which is never a success.
    Broken(String),
}

impl fmt::Debug for CheckMeans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(_) => f.write_str("Run"),
            Self::Session { name, begins_failed } => f
                .debug_struct("Session")
                .field("name", name)
                .field("begins_failed", begins_failed)
                .finish(),
            Self::Broken(problem) => f.debug_tuple("Broken").field(problem).finish(),
        }
    }
}

impl fmt::Debug for PlannedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.keyword, self.identity)
    }
}

/// Stands for what a check is configured with, but for secrets.
///
/// A hash: with thousands of servers the settings themselves would be the larger part of the memory. Two checks of one
/// server that share it by chance are as good as impossible, and what one had found would then be taken for the
/// other's until its next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckIdentity(u64);

impl CheckIdentity {
    /// Of what something shows of itself.
    pub(crate) fn of(shown: fmt::Arguments<'_>) -> Self {
        let mut hasher = Hashing(DefaultHasher::new());
        // Nothing that is hashed fails.
        let _ = fmt::write(&mut hasher, shown);
        Self(hasher.0.finish())
    }
}

struct Hashing(DefaultHasher);

impl fmt::Write for Hashing {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
