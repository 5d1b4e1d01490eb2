use crate::destination::Destination;
use crate::read;
use crate::service::{Family, Service};
use crate::stats::Stats;

/// A service that is in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceEntry {
    /// As it is set.
    pub service: Service,
    /// What passed and passes.
    pub stats: Stats,
}

impl ServiceEntry {
    /// Reads the payload of a message of the kernel, from its generic header on. `None` when an attribute is
    /// missing or cut that it cannot be read without, or says what there is no word for here; those that are not known
    /// are ignored.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        read::service(payload).ok()
    }
}

/// A destination that is in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DestinationEntry {
    /// As it is set.
    pub destination: Destination,
    /// Connections that are open.
    pub active_connections: u32,
    /// Those that are ending, or of which nothing is known.
    pub inactive_connections: u32,
    /// Clients that are bound to it.
    pub persistent_connections: u32,
    /// What passed and passes.
    pub stats: Stats,
}

impl DestinationEntry {
    /// As [`ServiceEntry::decode`], for a destination of a service of this family, which kernels before 3.18 do
    /// not tell.
    pub fn decode(of: Family, payload: &[u8]) -> Option<Self> {
        read::destination(of, payload).ok()
    }
}
