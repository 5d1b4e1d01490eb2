//! What the file says, with units, defaults filled in and references checked.

mod address;
mod announcing;
mod build;
mod global;
mod group;
mod instance;
mod notifications;
mod route;
mod script;
mod track;
mod virtual_interface;

pub use address::{AddressLine, Broadcast, PreferredLifetime};
pub use announcing::Announcing;
pub use build::build;
pub use global::{Defaults, Fifo, Global, JsonVersion, Mail, MailServer, User};
pub use group::SyncGroup;
pub use instance::{Authentication, Instance, Interval, Peer, Unicast};
pub use notifications::Notifications;
pub use route::{RouteKind, RouteLine};
pub use script::TrackScript;
pub use track::{Track, Weight};
pub use virtual_interface::{IpvlanModeWord, VirtualInterfaceKind, VirtualInterfaceLine};

use crate::tree::Section;

/// A configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Configuration {
    /// `global_defs`.
    pub global: Global,
    /// `vrrp_script`.
    pub scripts: Vec<TrackScript>,
    /// `vrrp_instance`.
    pub instances: Vec<Instance>,
    /// `vrrp_sync_group`.
    pub groups: Vec<SyncGroup>,
    /// `static_ipaddress`.
    pub static_addresses: Vec<AddressLine>,
    /// `static_routes`.
    pub static_routes: Vec<RouteLine>,
    /// All keywords with their values, those included that have no place in the fields above: virtual
    /// servers, checkers, BFD.
    pub tree: Section,
}
