//! The settings of a router are collected, and then checked together.

use std::net::IpAddr;
use std::num::NonZeroU8;
use std::time::Duration;

use vrrp_fsm::proto::{
    AcceptedChecksum, Authentication, ChecksumForm, Interval, MULTICAST_IPV4, MULTICAST_IPV6,
    Priority, Version, Vrid,
};
use vrrp_fsm::{Announcements, Config, OwnerConflict, Weight};

use super::{
    Delivery, Hmac, RouterConfig, Tracked, VirtualAddress, VirtualInterface, VirtualRoute,
    VirtualRule,
};

impl RouterConfig {
    /// Begins a configuration: VRRPv3, priority 100, one advertisement a second, preemption.
    pub fn builder(interface: impl Into<String>, vrid: Vrid) -> RouterConfigBuilder {
        RouterConfigBuilder {
            interface: interface.into(),
            vrid,
            priority: Priority::DEFAULT,
            interval: Interval::V3(vrrp_fsm::proto::Centiseconds::DEFAULT),
            addresses: Vec::new(),
            excluded: Vec::new(),
            routes: Vec::new(),
            rules: Vec::new(),
            virtual_interface: None,
            settings: Vec::new(),
            only_elects: None,
            delivery: None,
            source: None,
            tracks_source: false,
            ignores_interface: false,
            tracked: Vec::new(),
            awaits_interfaces: false,
            promotes_secondaries: false,
            receive_buffer: None,
            group: None,
            carrier_prefix: None,
            takes_over_addresses: false,
            authentication: Authentication::None,
            hmac: None,
            checksum: ChecksumForm::default(),
            accepted_checksum: AcceptedChecksum::default(),
        }
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
    excluded: Vec<VirtualAddress>,
    routes: Vec<VirtualRoute>,
    rules: Vec<VirtualRule>,
    virtual_interface: Option<Box<VirtualInterface>>,
    settings: Vec<Setting>,
    only_elects: Option<bool>,
    delivery: Option<Delivery>,
    source: Option<IpAddr>,
    tracks_source: bool,
    ignores_interface: bool,
    tracked: Vec<(Tracked, Weight)>,
    awaits_interfaces: bool,
    promotes_secondaries: bool,
    receive_buffer: Option<usize>,
    group: Option<String>,
    carrier_prefix: Option<Box<str>>,
    takes_over_addresses: bool,
    authentication: Authentication,
    hmac: Option<Box<Hmac>>,
    checksum: ChecksumForm,
    accepted_checksum: AcceptedChecksum,
}

/// A setting of the state machine; what is not set stays as the version has it.
#[derive(Clone, Copy, Debug)]
enum Setting {
    Preempt(bool),
    PreemptDelay(Duration),
    AnswerLosing(bool),
    Announcements(Announcements),
    ActiveDownIntervals(NonZeroU8),
    AdvertiseBeforeYielding(bool),
    CheckAddresses(bool),
    OwnerConflict(OwnerConflict),
    StartupDelay(Duration),
    YieldWhenLate(Priority),
    AcceptMode(bool),
}

impl Setting {
    fn apply(self, config: Config) -> Config {
        match self {
            Self::Preempt(preempt) => config.preempt(preempt),
            Self::PreemptDelay(delay) => config.preempt_delay(delay),
            Self::AnswerLosing(answer) => config.answer_losing(answer),
            Self::Announcements(announcements) => config.announcements(announcements),
            Self::ActiveDownIntervals(intervals) => config.active_down_intervals(intervals),
            Self::AdvertiseBeforeYielding(does) => config.advertise_before_yielding(does),
            Self::CheckAddresses(check) => config.check_addresses(check),
            Self::OwnerConflict(conflict) => config.owner_conflict(conflict),
            Self::StartupDelay(delay) => config.startup_delay(delay),
            Self::YieldWhenLate(others) => config.yield_when_late(others),
            Self::AcceptMode(accept) => config.accept_mode(accept),
        }
    }
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

    /// It may be without virtual addresses: then it only elects, an extension of keepalived. The family has to be
    /// told.
    pub fn allow_no_addresses(mut self, is_ipv6: bool) -> Self {
        self.only_elects = Some(is_ipv6);
        self
    }

    /// Adds addresses of any family that an Active router has and does not advertise.
    pub fn excluded(mut self, addresses: impl IntoIterator<Item = VirtualAddress>) -> Self {
        self.excluded.extend(addresses);
        self
    }

    /// Adds routes that an Active router has.
    pub fn routes(mut self, routes: impl IntoIterator<Item = VirtualRoute>) -> Self {
        self.routes.extend(routes);
        self
    }

    /// Adds policy rules that an Active router has.
    pub fn rules(mut self, rules: impl IntoIterator<Item = VirtualRule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// Makes an interface for the router that its virtual addresses are put on (default: they are put on the
    /// interface that it runs on).
    pub fn virtual_interface(mut self, interface: VirtualInterface) -> Self {
        self.virtual_interface = Some(Box::new(interface));
        self
    }

    /// Whether a live Active router of lower priority is replaced (default: true).
    pub fn preempt(self, preempt: bool) -> Self {
        self.set(Setting::Preempt(preempt))
    }

    /// For how long a live Active router of lower priority is left in peace (default: zero).
    pub fn preempt_delay(self, delay: Duration) -> Self {
        self.set(Setting::PreemptDelay(delay))
    }

    /// See [`Config::answer_losing`].
    pub fn answer_losing(self, answer: bool) -> Self {
        self.set(Setting::AnswerLosing(answer))
    }

    /// When and how often the addresses are announced.
    pub fn announcements(self, announcements: Announcements) -> Self {
        self.set(Setting::Announcements(announcements))
    }

    /// See [`Config::active_down_intervals`].
    pub fn active_down_intervals(self, intervals: NonZeroU8) -> Self {
        self.set(Setting::ActiveDownIntervals(intervals))
    }

    /// See [`Config::advertise_before_yielding`].
    pub fn advertise_before_yielding(self, advertise: bool) -> Self {
        self.set(Setting::AdvertiseBeforeYielding(advertise))
    }

    /// See [`Config::check_addresses`].
    pub fn check_addresses(self, check: bool) -> Self {
        self.set(Setting::CheckAddresses(check))
    }

    /// See [`Config::owner_conflict`].
    pub fn owner_conflict(self, conflict: OwnerConflict) -> Self {
        self.set(Setting::OwnerConflict(conflict))
    }

    /// See [`Config::startup_delay`].
    pub fn startup_delay(self, delay: Duration) -> Self {
        self.set(Setting::StartupDelay(delay))
    }

    /// Whether packets to the virtual addresses are taken by this machine although it does not own them
    /// (`Accept_Mode`; default: true, see [`Config::accept_mode`]). Without, they are dropped by a table of
    /// nftables, but for the discovery of neighbours.
    pub fn accept(self, accept: bool) -> Self {
        self.set(Setting::AcceptMode(accept))
    }

    /// See [`Config::yield_when_late`].
    pub fn yield_when_late(self, others: Priority) -> Self {
        self.set(Setting::YieldWhenLate(others))
    }

    fn set(mut self, setting: Setting) -> Self {
        self.settings.push(setting);
        self
    }

    /// Whom advertisements are sent to and taken from (default: the multicast group of the RFCs).
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// The address that advertisements are sent from (default: the interface's first; for IPv6 its
    /// first link-local one, or of the same scope as the first peer).
    pub fn source(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    /// Without its source address on the interface the router cannot run (default: it sends from the
    /// address all the same).
    pub fn track_source(mut self) -> Self {
        self.tracks_source = true;
        self
    }

    /// The router runs on even when its interface is down or has no carrier.
    pub fn ignore_interface_state(mut self) -> Self {
        self.ignores_interface = true;
        self
    }

    /// Watches something. What cannot be run without ([`Weight::FAULT`]) keeps the router in
    /// Initialize until it is known.
    pub fn track(mut self, tracked: Tracked, weight: Weight) -> Self {
        self.tracked.push((tracked, weight));
        self
    }

    /// Interfaces that do not exist may come later (default: a router is refused when an interface that it needs does
    /// not exist when it is added).
    pub fn await_interfaces(mut self) -> Self {
        self.awaits_interfaces = true;
        self
    }

    /// While the router runs, the kernel keeps the other addresses of a network on the interface when the first
    /// of them is removed (`promote_secondaries`; default: as it is set).
    pub fn promote_secondaries(mut self) -> Self {
        self.promotes_secondaries = true;
        self
    }

    /// How many octets of packets the kernel keeps for this router. The routers of an interface share a socket, and
    /// its room is the sum (default: room for 1300 packets).
    pub fn receive_buffer(mut self, octets: usize) -> Self {
        self.receive_buffer = Some(octets);
        self
    }

    /// What the names of interfaces begin with that are made to [carry](VirtualAddress::carried) single
    /// addresses (default: `vrrp`).
    pub fn carrier_prefix(mut self, prefix: impl Into<Box<str>>) -> Self {
        self.carrier_prefix = Some(prefix.into());
        self
    }

    /// Changes its state together with all routers of this group.
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// Takes virtual addresses that somebody else has put on the interface for its own, and removes them
    /// while it is not Active (default: the router is refused).
    pub fn take_over_addresses(mut self) -> Self {
        self.takes_over_addresses = true;
        self
    }

    /// How the routers prove themselves to each other; VRRPv2 only (default: not at all).
    pub fn authentication(mut self, authentication: Authentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// Routers prove themselves by HMAC-SHA256, an extension of keepalived; not together with
    /// [`authentication`](Self::authentication) (default: not at all).
    pub fn hmac(mut self, hmac: Hmac) -> Self {
        self.hmac = Some(Box::new(hmac));
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
        let only_elects = self.only_elects.filter(|_| self.addresses.is_empty());
        let router = match only_elects {
            Some(is_ipv6) => {
                Config::without_addresses(self.vrid, self.priority, self.interval, is_ipv6)
            }
            None => with_addresses(self.vrid, self.priority, self.interval, v4, v6),
        };
        let mut router = router.map_err(|error| match error {
            vrrp_fsm::ConfigError::NoSuchVersion => ConfigError::V2WithIpv6,
            error => error.into(),
        })?;
        if self.authentication != Authentication::None && router.version() == Version::V3 {
            return Err(ConfigError::AuthenticationInV3);
        }
        if self.authentication != Authentication::None && self.hmac.is_some() {
            return Err(ConfigError::TwoProofs);
        }
        for setting in self.settings {
            router = setting.apply(router);
        }
        let is_ipv6 = router.is_ipv6();
        let delivery = self.delivery.unwrap_or(Delivery::Multicast(match is_ipv6 {
            false => MULTICAST_IPV4.into(),
            true => MULTICAST_IPV6.into(),
        }));
        check_family(is_ipv6, "source address", self.source.iter())?;
        match &delivery {
            Delivery::Multicast(group) if !group.is_multicast() => {
                return Err(ConfigError::NotMulticast(*group));
            }
            Delivery::Multicast(group) => check_family(is_ipv6, "group", [group].into_iter())?,
            Delivery::Unicast(unicast) => {
                check_family(is_ipv6, "peer", unicast.peers.iter().map(|peer| &peer.address))?;
            }
        }
        let mut addresses = self.addresses;
        // Most have one, and there can be thousands of routers.
        addresses.shrink_to_fit();
        Ok(RouterConfig {
            interface: self.interface,
            addresses,
            excluded: self.excluded,
            routes: self.routes,
            rules: self.rules,
            virtual_interface: self.virtual_interface,
            router,
            delivery,
            source: self.source,
            tracks_source: self.tracks_source,
            ignores_interface: self.ignores_interface,
            tracked: self.tracked,
            awaits_interfaces: self.awaits_interfaces,
            promotes_secondaries: self.promotes_secondaries,
            receive_buffer: self.receive_buffer,
            group: self.group,
            carrier_prefix: self.carrier_prefix,
            takes_over_addresses: self.takes_over_addresses,
            authentication: self.authentication,
            hmac: self.hmac,
            checksum: self.checksum,
            accepted_checksum: self.accepted_checksum,
        })
    }
}

fn with_addresses(
    vrid: Vrid,
    priority: Priority,
    interval: Interval,
    v4: Vec<std::net::Ipv4Addr>,
    v6: Vec<std::net::Ipv6Addr>,
) -> Result<Config, vrrp_fsm::ConfigError> {
    match (interval, v6.is_empty()) {
        (Interval::V2(interval), true) => Config::v2(vrid, priority, interval, v4),
        (Interval::V2(_), false) => Err(vrrp_fsm::ConfigError::NoSuchVersion),
        (Interval::V3(interval), true) => Config::v3_ipv4(vrid, priority, interval, v4),
        (Interval::V3(interval), false) => Config::v3_ipv6(vrid, priority, interval, v6),
    }
}

fn check_family<'a>(
    is_ipv6: bool,
    field: &'static str,
    mut addresses: impl Iterator<Item = &'a IpAddr>,
) -> Result<(), ConfigError> {
    match addresses.find(|address| address.is_ipv6() != is_ipv6) {
        Some(&address) => Err(ConfigError::OtherFamily { field, address }),
        None => Ok(()),
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
    /// One packet has one proof.
    #[error("authentication and HMAC are both set, allowed is one of them")]
    TwoProofs,
    /// Routers speak to each other in the family of their virtual addresses.
    #[error("{field} is {address}, allowed is the family of the virtual addresses")]
    OtherFamily {
        /// What it is.
        field: &'static str,
        /// The address.
        address: IpAddr,
    },
    /// Not a group.
    #[error("group is {0}, allowed are multicast addresses")]
    NotMulticast(IpAddr),
}
