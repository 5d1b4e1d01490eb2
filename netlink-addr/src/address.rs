//! An address of an interface: `struct ifaddrmsg` and its attributes.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::BitOr;
use std::time::Duration;

use netlink_conn::{Attributes, Message, Request};

use crate::attribute::{check_prefix_length, ip, number, write_ip, write_text};
use crate::error::OutOfRange;
use crate::uapi;

/// An address on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Address {
    /// Index of the interface.
    pub interface: u32,
    /// The address itself.
    pub local: IpAddr,
    /// Bits of the network: 0 to 32, or 0 to 128.
    pub prefix_length: u8,
    /// The other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    /// The broadcast address of the network.
    pub broadcast: Option<Ipv4Addr>,
    /// A name of up to 15 octets that begins with the interface's; IPv4 only.
    pub label: Option<String>,
    /// How far the address is valid.
    pub scope: Scope,
    /// `IFA_F_…`.
    pub flags: AddressFlags,
    /// For how long the address is valid.
    pub valid: Lifetime,
    /// For how long it is used as a source for new connections.
    pub preferred: Lifetime,
    /// Who put it there (`IFA_PROTO`, Linux 5.18); 0 is nobody in particular.
    pub protocol: u8,
}

impl Address {
    /// An address of global scope that stays for ever.
    ///
    /// # Errors
    /// [`OutOfRange`] for a prefix length that the family does not have.
    pub fn new(interface: u32, local: IpAddr, prefix_length: u8) -> Result<Self, OutOfRange> {
        check_prefix_length(local, prefix_length)?;
        Ok(Self {
            interface,
            local,
            prefix_length,
            peer: None,
            broadcast: None,
            label: None,
            scope: Scope::UNIVERSE,
            flags: AddressFlags::NONE,
            valid: Lifetime::Forever,
            preferred: Lifetime::Forever,
            protocol: 0,
        })
    }

    /// Sets the flags.
    #[must_use]
    pub fn flags(mut self, flags: AddressFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Sets the scope.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Sets the peer.
    #[must_use]
    pub fn peer(mut self, peer: IpAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Sets the broadcast address.
    #[must_use]
    pub fn broadcast(mut self, broadcast: Ipv4Addr) -> Self {
        self.broadcast = Some(broadcast);
        self
    }

    /// Sets the label.
    ///
    /// # Errors
    /// [`OutOfRange`] for one that is empty or longer than 15 octets.
    pub fn label(mut self, label: impl Into<String>) -> Result<Self, OutOfRange> {
        let label = label.into();
        if label.is_empty() || label.len() > uapi::MAX_NAME {
            return Err(OutOfRange {
                field: "length of the label (octets)",
                value: label.len() as u64,
                min: 1,
                max: uapi::MAX_NAME as u64,
            });
        }
        self.label = Some(label);
        Ok(self)
    }

    /// Sets the lifetimes; `preferred` must not be longer than `valid`, or the kernel refuses it.
    #[must_use]
    pub fn lifetimes(mut self, valid: Lifetime, preferred: Lifetime) -> Self {
        self.valid = valid;
        self.preferred = preferred;
        self
    }

    /// Sets who put the address there.
    #[must_use]
    pub fn protocol(mut self, protocol: u8) -> Self {
        self.protocol = protocol;
        self
    }

    /// Whether the address can be used: its uniqueness is not being checked, nor was it found wanting.
    pub fn is_usable(&self) -> bool {
        !self.flags.contains(AddressFlags::TENTATIVE)
            && !self.flags.contains(AddressFlags::DADFAILED)
    }

    /// Whether both are the same address of the same interface, whatever their other attributes.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.interface, self.local, self.prefix_length)
            == (other.interface, other.local, other.prefix_length)
    }

    pub(crate) fn write(&self, request: &mut Request<'_>) {
        let family = if self.local.is_ipv4() { uapi::AF_INET } else { uapi::AF_INET6 };
        let [i0, i1, i2, i3] = self.interface.to_ne_bytes();
        // The flags of the fixed part have room for eight bits only; IFA_FLAGS replaces them.
        request.fixed(&[family, self.prefix_length, 0, self.scope.0, i0, i1, i2, i3]);
        write_ip(request, uapi::IFA_LOCAL, self.local);
        write_ip(request, uapi::IFA_ADDRESS, self.peer.unwrap_or(self.local));
        request.attribute(uapi::IFA_FLAGS, &self.flags.0.to_ne_bytes());
        if let Some(broadcast) = self.broadcast {
            request.attribute(uapi::IFA_BROADCAST, &broadcast.octets());
        }
        if let Some(label) = &self.label {
            write_text(request, uapi::IFA_LABEL, label);
        }
        if (self.valid, self.preferred) != (Lifetime::Forever, Lifetime::Forever) {
            // `struct ifa_cacheinfo`: preferred, valid, and two times of creation.
            let times = [self.preferred.seconds(), self.valid.seconds(), 0, 0];
            request.attribute(uapi::IFA_CACHEINFO, times.map(u32::to_ne_bytes).as_flattened());
        }
        if self.protocol != 0 {
            request.attribute(uapi::IFA_PROTO, &[self.protocol]);
        }
    }

    /// The address in an `RTM_NEWADDR` or `RTM_DELADDR` message.
    pub(crate) fn read(message: &Message<'_>) -> Option<Self> {
        let (fixed, attributes) = message.payload.split_first_chunk::<{ uapi::IFADDRMSG }>()?;
        let [family, prefix_length, flags, scope, i0, i1, i2, i3] = *fixed;
        let (mut local, mut other) = (None, None);
        let mut address =
            Self::new(u32::from_ne_bytes([i0, i1, i2, i3]), Ipv4Addr::UNSPECIFIED.into(), 0)
                .ok()?;
        address.prefix_length = prefix_length;
        address.scope = Scope(scope);
        address.flags = AddressFlags(flags.into());
        for (kind, value) in Attributes::new(attributes) {
            match kind {
                uapi::IFA_LOCAL => local = ip(family, value),
                uapi::IFA_ADDRESS => other = ip(family, value),
                uapi::IFA_BROADCAST => {
                    address.broadcast = value.first_chunk::<4>().map(|octets| (*octets).into());
                }
                uapi::IFA_LABEL => address.label = Some(text(value)),
                uapi::IFA_FLAGS => address.flags = AddressFlags(number(value)?),
                uapi::IFA_CACHEINFO => {
                    address.preferred = Lifetime::from_seconds(number(value)?);
                    address.valid = Lifetime::from_seconds(number(value.get(4..)?)?);
                }
                uapi::IFA_PROTO => address.protocol = *value.first()?,
                _ => {}
            }
        }
        // Without a peer, IPv6 has the address in IFA_ADDRESS alone and IPv4 in both.
        address.local = local.or(other)?;
        address.peer = other.filter(|other| *other != address.local);
        Some(address)
    }
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).trim_end_matches('\0').to_owned()
}

/// How far an address is valid (`enum rt_scope_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "any octet is a scope")]
pub struct Scope(pub u8);

impl Scope {
    /// Everywhere.
    pub const UNIVERSE: Self = Self(0);
    /// In the site.
    pub const SITE: Self = Self(200);
    /// On the link.
    pub const LINK: Self = Self(253);
    /// In this machine.
    pub const HOST: Self = Self(254);
}

/// Flags of an address (`IFA_F_…`); combine with `|`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "any bits are flags")]
pub struct AddressFlags(pub u32);

impl AddressFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Not the first address of its network on the interface.
    pub const SECONDARY: Self = Self(0x01);
    /// Use it without duplicate address detection (RFC 4862 section 5.4).
    pub const NODAD: Self = Self(0x02);
    /// Usable while its uniqueness is being checked (RFC 4429).
    pub const OPTIMISTIC: Self = Self(0x04);
    /// Somebody else has the address.
    pub const DADFAILED: Self = Self(0x08);
    /// The home address of a mobile node.
    pub const HOMEADDRESS: Self = Self(0x10);
    /// No longer a source for new connections.
    pub const DEPRECATED: Self = Self(0x20);
    /// Its uniqueness is being checked.
    pub const TENTATIVE: Self = Self(0x40);
    /// Does not expire.
    pub const PERMANENT: Self = Self(0x80);
    /// The kernel makes temporary addresses from it.
    pub const MANAGETEMPADDR: Self = Self(0x100);
    /// No route to the address's network is made.
    pub const NOPREFIXROUTE: Self = Self(0x200);
    /// The kernel joins the multicast group of the address on its own.
    pub const MCAUTOJOIN: Self = Self(0x400);
    /// Made by RFC 7217.
    pub const STABLE_PRIVACY: Self = Self(0x800);

    /// Whether all of `flags` are set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl BitOr for AddressFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// For how long an address is valid or preferred, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it ends or it does not")]
pub enum Lifetime {
    /// It does not end.
    Forever,
    /// It ends after this time. Fractions of a second are cut off; more than 136 years is for ever.
    For(Duration),
}

impl Lifetime {
    /// `INFINITY_LIFE_TIME` of the kernel.
    const INFINITY: u32 = u32::MAX;

    fn seconds(self) -> u32 {
        match self {
            Self::Forever => Self::INFINITY,
            Self::For(time) => u32::try_from(time.as_secs()).unwrap_or(Self::INFINITY),
        }
    }

    fn from_seconds(seconds: u32) -> Self {
        match seconds {
            Self::INFINITY => Self::Forever,
            seconds => Self::For(Duration::from_secs(seconds.into())),
        }
    }
}
