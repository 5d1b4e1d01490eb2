//! Names for routers that do not change.

/// Tells the routers of a thread apart, also after one was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouterId(pub(crate) u64);
