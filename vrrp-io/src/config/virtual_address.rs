use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VirtualAddress {
    address: IpAddr,
    prefix_length: u8,
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
        Ok(Self { address, prefix_length })
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
        Self { address, prefix_length: host_length(address) }
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
