#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

mod change;
mod daemon;
mod destination;
mod entry;
mod error;
mod flags;
mod ipvs;
mod name;
mod plan;
mod read;
mod reconcile;
mod scheduler;
mod service;
mod stats;
mod table;
mod text;
mod timeouts;
mod uapi;
mod write;

#[cfg(test)]
mod tests;

pub use change::Change;
pub use daemon::{Daemon, DaemonRole};
pub use destination::{Destination, DestinationKey, Forwarding, Tunnel, TunnelChecksum};
pub use entry::{DestinationEntry, ServiceEntry};
pub use error::{ChangeError, Error};
pub use flags::ServiceFlags;
pub use ipvs::Ipvs;
pub use name::{Name, NameError};
pub use plan::{Plan, Scope};
pub use reconcile::Reconciled;
pub use scheduler::Scheduler;
pub use service::{Family, Granularity, Persistence, Protocol, Service, ServiceKey};
pub use stats::Stats;
pub use table::{Table, VirtualServer};
pub use text::{ParseError, Problem};
pub use timeouts::{Info, Timeouts};
