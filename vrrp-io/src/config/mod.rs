//! What a router on an interface is told to be.

mod announcement_limits;
mod builder;
mod delivery;
mod hmac;
mod interface_settings;
mod virtual_address;
mod virtual_interface;
mod virtual_route;
mod virtual_rule;

use std::net::IpAddr;

use vrrp_fsm::proto::{AcceptedChecksum, Authentication, ChecksumForm};
use vrrp_fsm::{Config, Weight};

pub use announcement_limits::AnnouncementLimits;
pub use builder::{ConfigError, RouterConfigBuilder};
pub use delivery::{Delivery, Peer, Unicast};
pub use hmac::Hmac;
pub use interface_settings::InterfaceSettings;
pub use virtual_address::{ParseAddressError, VirtualAddress};
pub use virtual_interface::VirtualInterface;
pub use virtual_route::VirtualRoute;
pub use virtual_rule::VirtualRule;

/// A virtual router on an interface. Valid by construction: [`RouterConfig::builder`] checks.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterConfig {
    pub(crate) interface: String,
    pub(crate) addresses: Vec<VirtualAddress>,
    pub(crate) excluded: Vec<VirtualAddress>,
    pub(crate) routes: Vec<VirtualRoute>,
    pub(crate) rules: Vec<VirtualRule>,
    pub(crate) virtual_interface: Option<Box<VirtualInterface>>,
    pub(crate) router: Config,
    pub(crate) delivery: Delivery,
    pub(crate) source: Option<IpAddr>,
    pub(crate) tracks_source: bool,
    pub(crate) ignores_interface: bool,
    pub(crate) tracked: Vec<(Tracked, Weight)>,
    pub(crate) awaits_interfaces: bool,
    pub(crate) promotes_secondaries: bool,
    pub(crate) receive_buffer: Option<usize>,
    pub(crate) group: Option<String>,
    pub(crate) carrier_prefix: Option<Box<str>>,
    pub(crate) takes_over_addresses: bool,
    pub(crate) authentication: Authentication,
    pub(crate) hmac: Option<Box<Hmac>>,
    pub(crate) checksum: ChecksumForm,
    pub(crate) accepted_checksum: AcceptedChecksum,
}

/// Something that a router watches besides its network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tracked {
    /// An interface, by its name.
    Interface(String),
    /// Something that the application [reports](crate::Vrrp::report), by a name of its choice. One
    /// report serves all routers.
    Item(String),
}

impl RouterConfig {
    /// The name of the interface.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// The virtual addresses, in the order in which they are advertised.
    pub fn addresses(&self) -> &[VirtualAddress] {
        &self.addresses
    }

    /// To whom packets are sent.
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// How its packets are proved in VRRPv2, and those of others.
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// What it watches, and what each makes of the priority.
    pub fn tracked(&self) -> impl Iterator<Item = (&Tracked, Weight)> {
        self.tracked.iter().map(|(tracked, weight)| (tracked, *weight))
    }

    /// The sync group that it is in.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// What the state machine is told.
    pub fn router(&self) -> &Config {
        &self.router
    }

    /// The same with another delay after the start; see [`Config::startup_delay`].
    #[must_use]
    pub fn with_startup_delay(mut self, delay: std::time::Duration) -> Self {
        self.router = self.router.startup_delay(delay);
        self
    }

    /// All addresses that an Active router has: first those that it advertises.
    pub(crate) fn all_addresses(&self) -> impl Iterator<Item = &VirtualAddress> {
        self.addresses.iter().chain(&self.excluded)
    }

    /// Whether an interface of its own carries this address.
    pub(crate) fn carries(&self, address: &VirtualAddress) -> bool {
        match (&self.virtual_interface, address.device_name()) {
            (None, _) => address.is_carried(),
            (Some(_), None) => true,
            (Some(own), Some(_)) => own.carries_all || address.is_carried(),
        }
    }

    /// The interfaces on which one is made to carry addresses, each once.
    pub(crate) fn carried_on(&self) -> Vec<&str> {
        let mut names = Vec::new();
        if self.virtual_interface.is_some() {
            names.push(self.interface.as_str());
        }
        for address in self.all_addresses().filter(|address| self.carries(address)) {
            let name = address.device_name().unwrap_or(&self.interface);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Interfaces that it needs besides its own, by name.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &str> {
        let addresses = self.all_addresses().filter_map(VirtualAddress::device_name);
        addresses.chain(self.routes.iter().flat_map(VirtualRoute::devices))
    }
}
