use std::time::Duration;

use netlink_addr::{IpvlanMode, MacAddress, MacvlanMode, VirtualLinkKind};
use vrrp_fsm::proto::Vrid;

use super::VirtualAddress;

/// An interface that is made for a router, and that its virtual addresses are put on. It is there for as long
/// as the router is.
///
/// With a macvlan the addresses are at the virtual router MAC address of RFC 9568 section 7.3, which
/// moves from router to router with them: hosts need not learn a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualInterface {
    pub(crate) kind: VirtualLinkKind,
    pub(crate) mac: Option<MacAddress>,
    pub(crate) name: Option<String>,
    pub(crate) prefix: String,
    pub(crate) group: u32,
    pub(crate) address: Option<VirtualAddress>,
    pub(crate) transmits_on_base: bool,
    pub(crate) carries_all: bool,
    pub(crate) reminders: Option<Reminders>,
}

/// That switches are reminded of where the virtual MAC address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reminders {
    pub(crate) interval: Duration,
    pub(crate) on_all: bool,
}

impl VirtualInterface {
    /// A macvlan in mode `vepa`, with the virtual router MAC address.
    ///
    /// Siblings do not hear each other, as in mode `private`. But in that mode the interface below is deaf to
    /// packets from the same link-layer address, and those are the advertisements of the other routers.
    pub fn macvlan() -> Self {
        Self::new(VirtualLinkKind::Macvlan(MacvlanMode::Vepa))
    }

    /// An ipvlan in mode L2, with the address of the interface below.
    pub fn ipvlan(mode: IpvlanMode) -> Self {
        Self::new(VirtualLinkKind::Ipvlan(mode))
    }

    fn new(kind: VirtualLinkKind) -> Self {
        Self {
            kind,
            mac: None,
            name: None,
            prefix: "vrrp".into(),
            group: 0,
            address: None,
            transmits_on_base: false,
            carries_all: false,
            reminders: None,
        }
    }

    /// Its link-layer address (default: the virtual router MAC address). All routers of the virtual router
    /// need the same; ignored for an ipvlan.
    #[must_use]
    pub fn mac(mut self, mac: MacAddress) -> Self {
        self.mac = Some(mac);
        self
    }

    /// Its name, up to 15 octets (default: `vrrp.51` for VRID 51, `vrrp6.51` if that is taken, then
    /// `vrrp1.51` and so on).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What names begin with when none is set (default: `vrrp`).
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The group of interfaces that it belongs to (default: 0).
    #[must_use]
    pub fn group(mut self, group: u32) -> Self {
        self.group = group;
        self
    }

    /// An address that it has all the time.
    #[must_use]
    pub fn address(mut self, address: VirtualAddress) -> Self {
        self.address = Some(address);
        self
    }

    /// Advertisements leave through the interface below, with its link-layer address (default: through this
    /// one; the switch learns from them where it is).
    #[must_use]
    pub fn transmit_on_base(mut self) -> Self {
        self.transmits_on_base = true;
        self
    }

    /// Addresses on other interfaces are carried by such an interface, too, made on top of those (default:
    /// only addresses that [say so](VirtualAddress::carried)).
    #[must_use]
    pub fn carry_all(mut self) -> Self {
        self.carries_all = true;
        self
    }

    /// Every so often the addresses are announced on the interface below, from their own link-layer address: a
    /// switch that hears nothing from an address for minutes forgets where it is (default: they are not).
    /// With `on_all` they are announced on all interfaces that the routers have to do with.
    #[must_use]
    pub fn remind(mut self, interval: Duration, on_all: bool) -> Self {
        self.reminders = (!interval.is_zero()).then_some(Reminders { interval, on_all });
        self
    }

    /// Whether the interface itself is the same, however it is used.
    pub(crate) fn is_same_interface(&self, other: &Self) -> bool {
        let identity = |own: &Self| (own.kind, own.mac, own.name.clone(), own.prefix.clone());
        identity(self) == identity(other)
            && (self.group, &self.address) == (other.group, &other.address)
    }

    /// The link-layer address of the virtual router (RFC 9568 section 7.3).
    pub(crate) fn mac_of(&self, is_ipv6: bool, vrid: Vrid) -> Option<MacAddress> {
        let family = if is_ipv6 { 2 } else { 1 };
        match self.kind {
            VirtualLinkKind::Macvlan(_) => {
                Some(self.mac.unwrap_or(MacAddress([0, 0, 0x5e, 0, family, vrid.get()])))
            }
            _ => None,
        }
    }
}
