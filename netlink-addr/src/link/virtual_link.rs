//! An interface that is made on top of another one.

use netlink_conn::Request;

use super::MacAddress;
use crate::attribute::write_text;
use crate::uapi;

/// A macvlan or an ipvlan that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtualLink {
    /// Its name, up to 15 octets.
    pub name: String,
    /// Index of the interface below.
    pub base: u32,
    /// What it is.
    pub kind: VirtualLinkKind,
    /// Its link-layer address; `None` for one of the kernel's choice, or that of the interface below.
    pub mac: Option<MacAddress>,
    /// Its group (`ip link set group`); 0 is the default.
    pub group: u32,
}

/// `IFLA_INFO_KIND` and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VirtualLinkKind {
    /// With a link-layer address of its own.
    Macvlan(MacvlanMode),
    /// With that of the interface below, in mode L2.
    Ipvlan(IpvlanMode),
}

/// `MACVLAN_MODE_…` of `include/uapi/linux/if_link.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MacvlanMode {
    /// Siblings do not hear each other.
    Private,
    /// What is for siblings is sent to the switch.
    Vepa,
    /// Siblings hear each other directly.
    Bridge,
}

/// `IPVLAN_F_…` of `include/uapi/linux/if_link.h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IpvlanMode {
    /// Siblings hear each other directly.
    #[default]
    Bridge,
    /// Siblings do not hear each other.
    Private,
    /// What is for siblings is sent to the switch.
    Vepa,
}

impl VirtualLink {
    /// One without an address or group of its own.
    pub fn new(name: impl Into<String>, base: u32, kind: VirtualLinkKind) -> Self {
        Self { name: name.into(), base, kind, mac: None, group: 0 }
    }

    pub(crate) fn write(&self, request: &mut Request<'_>) {
        request.fixed(&[0; uapi::IFINFOMSG]);
        write_text(request, uapi::IFLA_IFNAME, &self.name);
        request.attribute(uapi::IFLA_LINK, &self.base.to_ne_bytes());
        if let Some(mac) = self.mac {
            request.attribute(uapi::IFLA_ADDRESS, &mac.0);
        }
        if self.group != 0 {
            request.attribute(uapi::IFLA_GROUP, &self.group.to_ne_bytes());
        }
        request.nested(uapi::IFLA_LINKINFO, |info| {
            info.attribute(uapi::IFLA_INFO_KIND, self.kind.name().as_bytes());
            info.nested(uapi::IFLA_INFO_DATA, |data| self.kind.write(data));
        });
    }
}

impl VirtualLinkKind {
    /// As [`Link::kind`](super::Link::kind) has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Macvlan(_) => "macvlan",
            Self::Ipvlan(_) => "ipvlan",
        }
    }

    fn write(&self, data: &mut Request<'_>) {
        match self {
            Self::Macvlan(mode) => {
                let mode: u32 = match mode {
                    MacvlanMode::Private => 1,
                    MacvlanMode::Vepa => 2,
                    MacvlanMode::Bridge => 4,
                };
                data.attribute(uapi::IFLA_MACVLAN_MODE, &mode.to_ne_bytes());
            }
            Self::Ipvlan(mode) => {
                const L2: u16 = 0;
                let flags: u16 = match mode {
                    IpvlanMode::Bridge => 0,
                    IpvlanMode::Private => 1,
                    IpvlanMode::Vepa => 2,
                };
                data.attribute(uapi::IFLA_IPVLAN_MODE, &L2.to_ne_bytes());
                data.attribute(uapi::IFLA_IPVLAN_FLAGS, &flags.to_ne_bytes());
            }
        }
    }
}
