use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use netlink_addr::{AddressFlags, Lifetime, Scope};

/// A virtual address and the length of its prefix on the interface.
///
/// Without a length it is that of a host: `192.0.2.10` is `192.0.2.10/32`.
///
/// ```
/// use vrrp_io::VirtualAddress;
/// let address: VirtualAddress = "192.0.2.10/24".parse()?;
/// assert_eq!(address.prefix_length(), 24);
/// assert!("192.0.2.10/33".parse::<VirtualAddress>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualAddress {
    address: IpAddr,
    prefix_length: u8,
    pub(crate) details: Option<Box<Details>>,
}

/// What few addresses have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) device: Option<String>,
    pub(crate) scope: Option<Scope>,
    pub(crate) broadcast: Option<Ipv4Addr>,
    pub(crate) label: Option<String>,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) flags: Option<AddressFlags>,
    pub(crate) preferred: Option<Lifetime>,
    pub(crate) is_untracked: bool,
    pub(crate) is_carried: bool,
    pub(crate) watcher: Option<String>,
}

impl VirtualAddress {
    /// An address with a prefix length of up to 32 or 128.
    ///
    /// # Errors
    /// [`ParseAddressError`] for a longer one.
    pub fn new(address: IpAddr, prefix_length: u8) -> Result<Self, ParseAddressError> {
        if prefix_length > host_length(address) {
            return Err(ParseAddressError::PrefixLength {
                text: prefix_length.to_string(),
                max: host_length(address),
            });
        }
        Ok(Self { address, prefix_length, details: None })
    }

    /// Puts it on this interface, and not on the one that the router runs on.
    #[must_use]
    pub fn device(self, interface: impl Into<String>) -> Self {
        self.with(|details| details.device = Some(interface.into()))
    }

    /// How far it is valid.
    #[must_use]
    pub fn scope(self, scope: Scope) -> Self {
        self.with(|details| details.scope = Some(scope))
    }

    /// The broadcast address of its network; IPv4 only.
    #[must_use]
    pub fn broadcast(self, broadcast: Ipv4Addr) -> Self {
        self.with(|details| details.broadcast = Some(broadcast))
    }

    /// Its label, up to 15 octets that begin with the interface's name; IPv4 only.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        self.with(|details| details.label = Some(label.into()))
    }

    /// The other end of a point-to-point link; the prefix length is the peer's then.
    #[must_use]
    pub fn peer(self, peer: IpAddr) -> Self {
        self.with(|details| details.peer = Some(peer))
    }

    /// Its flags (default for IPv6: [`AddressFlags::NODAD`], because duplicate address detection
    /// would find the router that is handing over).
    #[must_use]
    pub fn flags(self, flags: AddressFlags) -> Self {
        self.with(|details| details.flags = Some(flags))
    }

    /// For how long it is a source of new connections (default: forever; for an IPv6 address without a
    /// network: never).
    #[must_use]
    pub fn preferred(self, lifetime: Lifetime) -> Self {
        self.with(|details| details.preferred = Some(lifetime))
    }

    /// When somebody else takes it away, it stays away.
    #[must_use]
    pub fn untracked(self) -> Self {
        self.with(|details| details.is_untracked = true)
    }

    /// It is carried by an interface that is made for the router; see
    /// [`VirtualInterface`](crate::VirtualInterface).
    #[must_use]
    pub fn carried(self) -> Self {
        self.with(|details| details.is_carried = true)
    }

    /// While it is missing or its interface is down, so is the item of this name, which routers may
    /// [track](crate::Tracked::Item). Only for what is [kept](crate::Vrrp::keep).
    #[must_use]
    pub fn watched_as(self, item: impl Into<String>) -> Self {
        self.with(|details| details.watcher = Some(item.into()))
    }

    fn with(mut self, change: impl FnOnce(&mut Details)) -> Self {
        change(self.details.get_or_insert_default());
        self
    }

    pub(crate) fn device_name(&self) -> Option<&str> {
        self.details.as_ref()?.device.as_deref()
    }

    pub(crate) fn is_tracked(&self) -> bool {
        self.details.as_ref().is_none_or(|details| !details.is_untracked)
    }

    pub(crate) fn watcher(&self) -> Option<&str> {
        self.details.as_ref()?.watcher.as_deref()
    }

    pub(crate) fn is_carried(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.is_carried)
    }

    /// The address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The length of the prefix.
    pub fn prefix_length(&self) -> u8 {
        self.prefix_length
    }

    /// Whether the prefix is the address itself.
    pub fn is_host(&self) -> bool {
        self.prefix_length == host_length(self.address)
    }
}

fn host_length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl From<IpAddr> for VirtualAddress {
    fn from(address: IpAddr) -> Self {
        Self { address, prefix_length: host_length(address), details: None }
    }
}

impl FromStr for VirtualAddress {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr =
            address.parse().map_err(|_| ParseAddressError::Address { text: address.to_owned() })?;
        let Some(length) = length else { return Ok(address.into()) };
        match length.parse() {
            Ok(length) if length <= host_length(address) => Self::new(address, length),
            _ => Err(ParseAddressError::PrefixLength {
                text: length.to_owned(),
                max: host_length(address),
            }),
        }
    }
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_length)
    }
}

/// The text is no virtual address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAddressError {
    /// The part before the slash.
    #[error("address is {text:?}, allowed is an IPv4 or IPv6 address")]
    Address {
        /// What was there.
        text: String,
    },
    /// The part after the slash.
    #[error("prefix length is {text:?}, allowed are 0 to {max}")]
    PrefixLength {
        /// What was there.
        text: String,
        /// 32 or 128.
        max: u8,
    },
}
