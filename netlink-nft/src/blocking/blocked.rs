//! What is blocked, and where.

use std::fmt;
use std::net::IpAddr;

use crate::uapi;

/// An address that this machine must not use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Blocked {
    /// The address.
    pub address: IpAddr,
    /// Where an IPv6 link-local address is blocked; nowhere in particular means everywhere. It does not
    /// matter for others.
    pub interface: Option<Interface>,
}

impl Blocked {
    /// A blocked address.
    pub fn new(address: IpAddr, interface: Option<Interface>) -> Self {
        Self { address, interface }
    }
}

/// An interface, told as [`Settings::by_index`](method@crate::Settings::by_index) says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the kernel knows no other way")]
pub enum Interface {
    /// By its index.
    Index(u32),
    /// By its name, of up to 15 octets. It need not exist.
    Name(String),
}

impl Interface {
    /// What the kernel compares; `None` when it is told in the other way, or cannot be a name.
    pub(crate) fn key(&self, by_index: bool) -> Option<Vec<u8>> {
        match self {
            // As the kernel has it: in its own byte order.
            Self::Index(index) if by_index => Some(index.to_ne_bytes().to_vec()),
            Self::Name(name) if !by_index => {
                let length = uapi::INTERFACE_NAME as usize;
                let is_name = !name.is_empty() && name.len() < length && !name.contains('\0');
                let mut key = name.clone().into_bytes();
                key.resize(length, 0);
                is_name.then_some(key)
            }
            _ => None,
        }
    }
}

impl From<u32> for Interface {
    fn from(index: u32) -> Self {
        Self::Index(index)
    }
}

impl From<&str> for Interface {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Interface {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => index.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}
