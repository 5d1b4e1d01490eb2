//! Values of attributes that addresses and routes share.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_conn::Request;

use crate::error::OutOfRange;
use crate::uapi;

pub(crate) fn write_ip(request: &mut Request<'_>, kind: u16, address: IpAddr) {
    match address {
        IpAddr::V4(address) => request.attribute(kind, &address.octets()),
        IpAddr::V6(address) => request.attribute(kind, &address.octets()),
    };
}

pub(crate) fn ip(family: u8, octets: &[u8]) -> Option<IpAddr> {
    match family {
        uapi::AF_INET => Some(Ipv4Addr::from(*octets.first_chunk()?).into()),
        uapi::AF_INET6 => Some(Ipv6Addr::from(*octets.first_chunk::<16>()?).into()),
        _ => None,
    }
}

pub(crate) fn number(octets: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(*octets.first_chunk()?))
}

/// Whether the family of the address has prefixes of this length.
pub(crate) fn check_prefix_length(address: IpAddr, length: u8) -> Result<(), OutOfRange> {
    let max = if address.is_ipv4() { 32 } else { 128 };
    if length > max {
        let (field, value) = ("prefix length", length.into());
        return Err(OutOfRange { field, value, min: 0, max: max.into() });
    }
    Ok(())
}
