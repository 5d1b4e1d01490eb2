//! A LAN of network namespaces.

mod capture;
mod lan;
mod links;
mod namespace;
mod probe;

pub use capture::Capture;
pub use lan::{Host, Lan};
pub use namespace::{Namespace, Privilege, gain_privilege};
pub use probe::{Echo, Probe, longest_outage};
