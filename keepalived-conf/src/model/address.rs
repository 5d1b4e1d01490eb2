//! Lines of `virtual_ipaddress` and its kin.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Value, Values};

/// An address that is put on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressLine {
    /// Where it is written.
    pub span: Span,
    /// The address.
    pub address: IpAddr,
    /// Bits of its network; all when none are written.
    pub prefix_length: u8,
    /// `dev`.
    pub device: Option<String>,
    /// `scope`, as `enum rt_scope_t` has it.
    pub scope: Option<u8>,
    /// `brd`.
    pub broadcast: Option<Broadcast>,
    /// `label`.
    pub label: Option<String>,
    /// `peer`, and the bits of its network.
    pub peer: Option<(IpAddr, u8)>,
    /// `home`.
    pub is_home: bool,
    /// `-nodad`: duplicate address detection is done.
    pub detects_duplicates: bool,
    /// `mngtmpaddr`.
    pub manages_temporary: bool,
    /// `noprefixroute`.
    pub has_no_prefix_route: bool,
    /// `autojoin`.
    pub joins_group: bool,
    /// `preferred_lft`.
    pub preferred: Option<PreferredLifetime>,
    /// `use_vmac`: an interface that is made for the instance has it.
    pub uses_vmac: bool,
    /// Without `no_track`: what happens to it concerns the router.
    pub is_tracked: bool,
    /// `track_group`: the instances that it concerns, when it is static.
    pub track_group: Option<String>,
}

/// `brd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broadcast {
    /// This address.
    Address(Ipv4Addr),
    /// `+`: host bits all ones.
    Ones,
    /// `-`: host bits all zeros.
    Zeros,
}

/// `preferred_lft`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PreferredLifetime {
    /// `forever`.
    Forever,
    /// This long; zero is deprecated at once.
    For(Duration),
}

impl AddressLine {
    pub(super) fn read(values: &Values, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Some(Value::Prefix(address, length)) = values.at(0) else { return None };
        let (address, span) = (*address, values.span);
        let host = if address.is_ipv4() { 32 } else { 128 };
        if address.is_multicast() || address.is_unspecified() {
            let message = format!("address is {address}");
            diagnostics.error(span, message, "allowed are unicast addresses");
            return None;
        }
        let mut line = Self {
            span,
            address,
            prefix_length: length.unwrap_or(host),
            device: text(values, "dev"),
            scope: None,
            broadcast: None,
            label: None,
            peer: None,
            is_home: values.has("home"),
            detects_duplicates: values.has("-nodad"),
            manages_temporary: values.has("mngtmpaddr"),
            has_no_prefix_route: values.has("noprefixroute"),
            joins_group: values.has("autojoin"),
            preferred: None,
            uses_vmac: values.has("use_vmac"),
            is_tracked: !values.has("no_track"),
            track_group: text(values, "track_group"),
        };
        if let Some(word) = text(values, "scope") {
            match (scope(&word), address.is_ipv4()) {
                (Some(scope), true) => line.scope = Some(scope),
                (Some(_), false) => {
                    diagnostics.error(span, "an IPv6 address has no scope", "remove scope");
                }
                (None, _) => {
                    let help = "allowed are global, site, link, host, nowhere, 0 to 255";
                    diagnostics.error(span, format!("scope is {word}"), help);
                }
            }
        }
        if let Some(word) = text(values, "brd") {
            line.broadcast = broadcast(&word, address, span, diagnostics);
        }
        if let Some(label) = text(values, "label") {
            match address.is_ipv4() {
                true => line.label = Some(label),
                false => diagnostics.error(span, "an IPv6 address has no label", "remove label"),
            }
        }
        if let Some(Value::Prefix(peer, length)) = values.option("peer") {
            match peer.is_ipv4() == address.is_ipv4() {
                true => {
                    line.peer = Some((*peer, length.unwrap_or(host)));
                    line.prefix_length = length.unwrap_or(host);
                }
                false => {
                    let message = format!("peer is {peer}");
                    diagnostics.error(span, message, "write one of the address's family");
                }
            }
        }
        if let Some(word) = text(values, "preferred_lft") {
            line.preferred = match (word.as_str(), word.parse::<u32>()) {
                ("forever", _) => Some(PreferredLifetime::Forever),
                (_, Ok(seconds)) => {
                    Some(PreferredLifetime::For(Duration::from_secs(seconds.into())))
                }
                _ => {
                    let help = "allowed are forever, or seconds from 0 to 4294967295";
                    diagnostics.error(span, format!("preferred_lft is {word}"), help);
                    None
                }
            };
        }
        Some(line)
    }
}

fn broadcast(
    word: &str,
    address: IpAddr,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Broadcast> {
    let broadcast = match word {
        _ if address.is_ipv6() => {
            diagnostics.error(span, "an IPv6 address has no broadcast address", "remove brd");
            return None;
        }
        "+" => Some(Broadcast::Ones),
        "-" => Some(Broadcast::Zeros),
        word => word.parse().ok().map(Broadcast::Address),
    };
    if broadcast.is_none() {
        let help = "allowed are +, -, or an IPv4 address";
        diagnostics.error(span, format!("brd is {word}"), help);
    }
    broadcast
}

/// `enum rt_scope_t` by the names of iproute2.
pub(super) fn scope(word: &str) -> Option<u8> {
    match word {
        "global" | "universe" => Some(0),
        "site" => Some(200),
        "link" => Some(253),
        "host" => Some(254),
        "nowhere" => Some(255),
        number => number.parse().ok(),
    }
}

fn text(values: &Values, option: &str) -> Option<String> {
    values.option(option)?.text().map(str::to_owned)
}
