//! `virtual_server_group`: addresses and marks that are one service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use super::virtual_server::{IpFamily, ServiceName};
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Section, Value, Values};

/// Each address is a service of its own: a range has at most so many.
const MOST_OF_A_RANGE: u128 = 65_536;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerGroup {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// Its services: every address of its ranges, and its marks.
    pub members: Vec<ServiceName>,
}

impl ServerGroup {
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut members = Vec::new();
        for entry in &section.entries {
            let Some(values) = entry.values() else { continue };
            let found = match entry.keyword.name {
                "fwmark" => mark(values).map(|mark| vec![mark]),
                _ => addresses(values),
            };
            match found {
                Ok(found) => members.extend(found),
                Err(message) => diagnostics.error(values.span, message, "the line is left out"),
            }
        }
        if members.is_empty() {
            let message = format!("virtual_server_group {name} has no address and no mark");
            diagnostics.error(span, message, "write ADDRESS PORT, FIRST-LAST PORT or fwmark MARK");
        }
        Self { name: name.to_owned(), span, members }
    }
}

fn mark(values: &Values) -> Result<ServiceName, String> {
    let mark = values.at(0).and_then(Value::integer).and_then(|mark| u32::try_from(mark).ok());
    let mark = mark.and_then(NonZeroU32::new).ok_or("fwmark is 0, allowed are 1 to 4294967295")?;
    let family = match values.at(1).and_then(Value::text) {
        Some("inet6") => Some(IpFamily::Ipv6),
        Some(_) => Some(IpFamily::Ipv4),
        None => None,
    };
    Ok(ServiceName::Mark { mark, family })
}

fn addresses(values: &Values) -> Result<Vec<ServiceName>, String> {
    let Some(text) = values.at(0).and_then(Value::text) else { return Ok(Vec::new()) };
    let port = values.at(1).and_then(Value::integer).unwrap_or(0);
    let port = u16::try_from(port).unwrap_or(0);
    let (first, last) = ends(text).ok_or_else(|| format!("{text} is no range of addresses"))?;
    let (begin, end) = (number(first), number(last));
    if begin > end {
        return Err(format!("{text} ends before it begins"));
    }
    if end - begin >= MOST_OF_A_RANGE {
        return Err(format!("{text} has more than {MOST_OF_A_RANGE} addresses"));
    }
    let member = |number| ServiceName::Address { address: address(number, first), port };
    Ok((begin..=end).map(member).collect())
}

/// The first and the last address of a range.
fn ends(text: &str) -> Option<(IpAddr, IpAddr)> {
    if let Some((first, last)) = text.split_once('-') {
        let first: IpAddr = first.parse().ok()?;
        let last = match (last.parse::<IpAddr>(), first) {
            (Ok(last), _) => last,
            // The last octet, or the last two in hexadecimal.
            (Err(_), IpAddr::V4(first)) => {
                let [a, b, c, _] = first.octets();
                Ipv4Addr::new(a, b, c, last.parse().ok()?).into()
            }
            (Err(_), IpAddr::V6(first)) => {
                let mut segments = first.segments();
                segments[7] = u16::from_str_radix(last, 16).ok()?;
                Ipv6Addr::from(segments).into()
            }
        };
        return (first.is_ipv4() == last.is_ipv4()).then_some((first, last));
    }
    let (address_text, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let first: IpAddr = address_text.parse().ok()?;
    let Some(length) = length else { return Some((first, first)) };
    let whole: u32 = if first.is_ipv4() { 32 } else { 128 };
    let free = whole.checked_sub(length).filter(|_| length <= whole)?;
    let hosts = 1u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    let begin = number(first);
    // Bits of hosts are to be clear, as in keepalived.
    (begin & hosts == 0).then(|| (first, address(begin | hosts, first)))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

fn address(number: u128, like: IpAddr) -> IpAddr {
    match (like, u32::try_from(number)) {
        (IpAddr::V4(_), Ok(number)) => Ipv4Addr::from(number).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn ranges_have_ends() {
        for (text, first, last) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
            ("192.0.2.1-9", "192.0.2.1", "192.0.2.9"),
            ("192.0.2.1-192.0.3.9", "192.0.2.1", "192.0.3.9"),
            ("192.0.2.0/30", "192.0.2.0", "192.0.2.3"),
            ("2001:db8::1-f", "2001:db8::1", "2001:db8::f"),
            ("2001:db8::/120", "2001:db8::", "2001:db8::ff"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            let found = ends(text).unwrap();
            assert_eq!((found.0.to_string(), found.1.to_string()), (first.into(), last.into()));
        }
        for odd in ["192.0.2.1/30", "192.0.2.1-2001:db8::1", "192.0.2.0/33", "192.0.2.1-256"] {
            assert_eq!(ends(odd), None, "{odd}");
        }
    }
}
