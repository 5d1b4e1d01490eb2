//! What a router on an interface is told to be.

mod virtual_address;

use std::net::IpAddr;
use std::time::Duration;

use vrrp_fsm::proto::{
    AcceptedChecksum, Authentication, ChecksumForm, Interval, Priority, Version, Vrid,
};
use vrrp_fsm::{Announcements, Config};

pub use virtual_address::{ParseAddressError, VirtualAddress};

/// A virtual router on an interface. Valid by construction: [`RouterConfig::builder`] checks.
#[derive(Clone, Debug)]
pub struct RouterConfig {
    pub(crate) interface: String,
    pub(crate) addresses: Vec<VirtualAddress>,
    pub(crate) router: Config,
    pub(crate) authentication: Authentication,
    pub(crate) checksum: ChecksumForm,
    pub(crate) accepted_checksum: AcceptedChecksum,
}

impl RouterConfig {
    /// Begins a configuration: VRRPv3, priority 100, one advertisement a second, preemption.
    pub fn builder(interface: impl Into<String>, vrid: Vrid) -> RouterConfigBuilder {
        RouterConfigBuilder {
            interface: interface.into(),
            vrid,
            priority: Priority::DEFAULT,
            interval: Interval::V3(vrrp_fsm::proto::Centiseconds::DEFAULT),
            addresses: Vec::new(),
            preempt: true,
            preempt_delay: Duration::ZERO,
            answer_losing: None,
            announcements: Announcements::default(),
            authentication: Authentication::None,
            checksum: ChecksumForm::default(),
            accepted_checksum: AcceptedChecksum::default(),
        }
    }

    /// The name of the interface.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// The virtual addresses, in the order in which they are advertised.
    pub fn addresses(&self) -> &[VirtualAddress] {
        &self.addresses
    }

    /// What the state machine is told.
    pub fn router(&self) -> &Config {
        &self.router
    }
}

/// Builds a [`RouterConfig`].
#[derive(Clone, Debug)]
#[must_use = "call `build`"]
pub struct RouterConfigBuilder {
    interface: String,
    vrid: Vrid,
    priority: Priority,
    interval: Interval,
    addresses: Vec<VirtualAddress>,
    preempt: bool,
    preempt_delay: Duration,
    answer_losing: Option<bool>,
    announcements: Announcements,
    authentication: Authentication,
    checksum: ChecksumForm,
    accepted_checksum: AcceptedChecksum,
}

impl RouterConfigBuilder {
    /// The priority (default: 100); 255 for the owner of the addresses.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The advertisement interval, and with its unit the version of the protocol (default: VRRPv3, 1 s).
    pub fn interval(mut self, interval: Interval) -> Self {
        self.interval = interval;
        self
    }

    /// Adds a virtual address. All have to be of one family.
    pub fn address(mut self, address: VirtualAddress) -> Self {
        self.addresses.push(address);
        self
    }

    /// Adds virtual addresses.
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = VirtualAddress>) -> Self {
        self.addresses.extend(addresses);
        self
    }

    /// Whether a live Active router of lower priority is replaced (default: true).
    pub fn preempt(mut self, preempt: bool) -> Self {
        self.preempt = preempt;
        self
    }

    /// For how long a live Active router of lower priority is left in peace (default: zero).
    pub fn preempt_delay(mut self, delay: Duration) -> Self {
        self.preempt_delay = delay;
        self
    }

    /// See [`Config::answer_losing`].
    pub fn answer_losing(mut self, answer: bool) -> Self {
        self.answer_losing = Some(answer);
        self
    }

    /// When and how often the addresses are announced.
    pub fn announcements(mut self, announcements: Announcements) -> Self {
        self.announcements = announcements;
        self
    }

    /// How the routers prove themselves to each other; VRRPv2 only (default: not at all).
    pub fn authentication(mut self, authentication: Authentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// Which checksum is sent in VRRPv3 over IPv4 (default: with pseudo-header, as deployed).
    pub fn checksum(mut self, form: ChecksumForm) -> Self {
        self.checksum = form;
        self
    }

    /// Which checksum is accepted in VRRPv3 over IPv4 (default: either).
    pub fn accepted_checksum(mut self, accepted: AcceptedChecksum) -> Self {
        self.accepted_checksum = accepted;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn build(self) -> Result<RouterConfig, ConfigError> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for address in &self.addresses {
            match address.address() {
                IpAddr::V4(address) => v4.push(address),
                IpAddr::V6(address) => v6.push(address),
            }
        }
        if let (Some(v4), Some(v6)) = (v4.first(), v6.first()) {
            return Err(ConfigError::MixedFamilies { v4: (*v4).into(), v6: (*v6).into() });
        }
        let router = match (self.interval, v6.is_empty()) {
            (Interval::V2(interval), true) => Config::v2(self.vrid, self.priority, interval, v4),
            (Interval::V2(_), false) => return Err(ConfigError::V2WithIpv6),
            (Interval::V3(interval), true) => {
                Config::v3_ipv4(self.vrid, self.priority, interval, v4)
            }
            (Interval::V3(interval), false) => {
                Config::v3_ipv6(self.vrid, self.priority, interval, v6)
            }
        }?;
        if self.authentication != Authentication::None && router.version() == Version::V3 {
            return Err(ConfigError::AuthenticationInV3);
        }
        let mut router = router
            .preempt(self.preempt)
            .preempt_delay(self.preempt_delay)
            .announcements(self.announcements);
        if let Some(answer) = self.answer_losing {
            router = router.answer_losing(answer);
        }
        Ok(RouterConfig {
            interface: self.interface,
            addresses: self.addresses,
            router,
            authentication: self.authentication,
            checksum: self.checksum,
            accepted_checksum: self.accepted_checksum,
        })
    }
}

/// What a router on an interface cannot be configured to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The state machine refuses it.
    #[error(transparent)]
    Router(#[from] vrrp_fsm::ConfigError),
    /// IPv4 and IPv6 need a virtual router each; both may have the same VRID.
    #[error("virtual addresses are {v4} and {v6}, allowed is one family in a virtual router")]
    MixedFamilies {
        /// An IPv4 one.
        v4: IpAddr,
        /// An IPv6 one.
        v6: IpAddr,
    },
    /// VRRPv2 is IPv4 only.
    #[error("the version is 2 and the addresses are IPv6, allowed is version 3")]
    V2WithIpv6,
    /// VRRPv3 has no authentication.
    #[error("authentication is set and the version is 3, allowed is version 2")]
    AuthenticationInV3,
}
