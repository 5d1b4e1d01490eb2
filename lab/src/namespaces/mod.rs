//! A LAN of network namespaces.

mod capture;
mod lan;
mod links;
mod namespace;
mod probe;

pub use capture::{Capture, Frame, write_pcap};
pub use lan::{Host, Lan};
pub use namespace::{Namespace, Privilege, enter_user_namespace};
pub use probe::{Probe, Reply, longest_outage};
