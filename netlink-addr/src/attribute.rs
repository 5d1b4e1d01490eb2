//! Values of attributes that addresses, routes and rules share.

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

pub(crate) fn family(is_ipv6: bool) -> u8 {
    if is_ipv6 { uapi::AF_INET6 } else { uapi::AF_INET }
}

/// The addresses of the network, as its lowest one and its length.
pub(crate) type Prefix = (IpAddr, u8);

/// Without the prefix that holds all addresses: for the kernel it is the same as none.
pub(crate) fn narrowing(prefix: Option<Prefix>) -> Option<Prefix> {
    prefix.filter(|(_, length)| *length > 0)
}

/// Text with the final zero.
pub(crate) fn write_text(request: &mut Request<'_>, kind: u16, text: &str) {
    request.attribute(kind, &[text.as_bytes(), &[0]].concat());
}

pub(crate) fn write_number(request: &mut Request<'_>, kind: u16, number: Option<u32>) {
    if let Some(number) = number {
        request.attribute(kind, &number.to_ne_bytes());
    }
}

pub(crate) fn number(octets: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(*octets.first_chunk()?))
}

pub(crate) fn short(octets: &[u8]) -> Option<u16> {
    Some(u16::from_ne_bytes(*octets.first_chunk()?))
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
