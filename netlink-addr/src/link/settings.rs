//! What is changed on an interface that exists.

use netlink_conn::Request;

use crate::uapi;

/// Changes to an interface. What is not set stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSettings {
    pub(crate) index: u32,
    up: Option<bool>,
    group: Option<u32>,
    ipv4: Vec<(Ipv4Setting, u32)>,
    makes_no_addresses: bool,
}

/// A setting of IPv4 on an interface: `IPV4_DEVCONF_…` of `include/uapi/linux/ip.h`. What each does stands in
/// the kernel's `networking/ip-sysctl.rst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ipv4Setting {
    /// `rp_filter`.
    ReversePathFilter,
    /// `arp_filter`.
    ArpFilter,
    /// `arp_announce`.
    ArpAnnounce,
    /// `arp_ignore`.
    ArpIgnore,
    /// `promote_secondaries`.
    PromoteSecondaries,
    /// `accept_local`.
    AcceptLocal,
}

impl Ipv4Setting {
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::ReversePathFilter => 8,
            Self::ArpFilter => 13,
            Self::ArpAnnounce => 18,
            Self::ArpIgnore => 19,
            Self::PromoteSecondaries => 20,
            Self::AcceptLocal => 23,
        }
    }
}

impl LinkSettings {
    /// Changes nothing yet on the interface with this index.
    pub fn new(index: u32) -> Self {
        Self { index, up: None, group: None, ipv4: Vec::new(), makes_no_addresses: false }
    }

    /// Brings it up, or takes it down.
    #[must_use]
    pub fn up(mut self, is_up: bool) -> Self {
        self.up = Some(is_up);
        self
    }

    /// Moves it into this group.
    #[must_use]
    pub fn group(mut self, group: u32) -> Self {
        self.group = Some(group);
        self
    }

    /// Sets this for IPv4.
    #[must_use]
    pub fn ipv4(mut self, setting: Ipv4Setting, value: u32) -> Self {
        self.ipv4.push((setting, value));
        self
    }

    /// It gets no IPv6 addresses by itself (`addrgenmode none`).
    #[must_use]
    pub fn make_no_addresses(mut self) -> Self {
        self.makes_no_addresses = true;
        self
    }

    pub(crate) fn write(&self, request: &mut Request<'_>) {
        let mut fixed = [0; uapi::IFINFOMSG];
        fixed[4..8].copy_from_slice(&self.index.to_ne_bytes());
        if let Some(is_up) = self.up {
            let flags = if is_up { uapi::IFF_UP } else { 0 };
            fixed[8..12].copy_from_slice(&flags.to_ne_bytes());
            fixed[12..16].copy_from_slice(&uapi::IFF_UP.to_ne_bytes());
        }
        request.fixed(&fixed);
        if let Some(group) = self.group {
            request.attribute(uapi::IFLA_GROUP, &group.to_ne_bytes());
        }
        if self.ipv4.is_empty() && !self.makes_no_addresses {
            return;
        }
        request.nested(uapi::IFLA_AF_SPEC, |families| {
            if !self.ipv4.is_empty() {
                families.nested(uapi::AF_INET.into(), |family| {
                    family.nested(uapi::IFLA_INET_CONF, |values| {
                        for (setting, value) in &self.ipv4 {
                            values.attribute(setting.number(), &value.to_ne_bytes());
                        }
                    });
                });
            }
            if self.makes_no_addresses {
                families.nested(uapi::AF_INET6.into(), |family| {
                    let none = [uapi::IN6_ADDR_GEN_MODE_NONE];
                    family.attribute(uapi::IFLA_INET6_ADDR_GEN_MODE, &none);
                });
            }
        });
    }
}
