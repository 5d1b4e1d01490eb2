//! Lines of `virtual_routes` and `static_routes`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::{scope, text};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use crate::tree::{Value, Values};

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteLine {
    /// Where it is written.
    pub span: Span,
    /// What it does with packets.
    pub kind: RouteKind,
    /// The network; of the gateway's family, all bits zero, for `default`.
    pub destination: IpAddr,
    /// Bits of the network.
    pub prefix_length: u8,
    /// `via`.
    pub gateway: Option<IpAddr>,
    /// `src`.
    pub source: Option<IpAddr>,
    /// `dev`.
    pub device: Option<String>,
    /// `table`: a number, or a name of iproute2's `rt_tables`.
    pub table: Option<String>,
    /// `protocol`: a number, or a name of iproute2's `rt_protos`.
    pub protocol: Option<String>,
    /// `scope`.
    pub scope: Option<u8>,
    /// `metric`.
    pub metric: Option<u32>,
    /// `tos`.
    pub tos: Option<u8>,
    /// `onlink`.
    pub is_on_link: bool,
    /// `mtu`, in octets.
    pub mtu: Option<u32>,
    /// Without `no_track`: what happens to it concerns the router.
    pub is_tracked: bool,
}

/// `RTN_…` of `include/uapi/linux/rtnetlink.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteKind {
    /// To a gateway or a link.
    Unicast,
    /// To this machine.
    Local,
    /// Dropped without a word.
    Blackhole,
    /// Refused as unreachable.
    Unreachable,
    /// Refused as forbidden.
    Prohibit,
    /// Goes on with the next table.
    Throw,
}

impl RouteLine {
    pub(super) fn read(values: &Values, diagnostics: &mut Diagnostics) -> Option<Self> {
        let span = values.span;
        let family = values.at(0).and_then(Value::text);
        let kind = match values.at(1).and_then(Value::text) {
            None | Some("unicast") => RouteKind::Unicast,
            Some("local") => RouteKind::Local,
            Some("blackhole") => RouteKind::Blackhole,
            Some("unreachable") => RouteKind::Unreachable,
            Some("prohibit") => RouteKind::Prohibit,
            Some("throw") => RouteKind::Throw,
            Some(other) => {
                let message = format!("routes of the type {other} are not done yet");
                diagnostics.error(span, message, "the route is left out");
                return None;
            }
        };
        let address = |option: &str| match values.option(option) {
            Some(Value::Address(address)) => Some(*address),
            Some(Value::Prefix(address, _)) => Some(*address),
            _ => None,
        };
        let (gateway, source) = (address("via"), address("src"));
        let (destination, length) = match values.at(2)? {
            Value::Prefix(address, length) => (*address, *length),
            _ => {
                let is_v6 = family == Some("inet6")
                    || gateway.or(source).is_some_and(|address| address.is_ipv6());
                let any = match is_v6 {
                    true => Ipv6Addr::UNSPECIFIED.into(),
                    false => Ipv4Addr::UNSPECIFIED.into(),
                };
                (any, Some(0))
            }
        };
        let is_v4 = destination.is_ipv4();
        let others = [gateway, source].into_iter().flatten();
        if let Some(other) = others.into_iter().find(|other| other.is_ipv4() != is_v4) {
            let message = format!("the route to {destination} names {other}");
            diagnostics.error(span, message, "both have to be of one family");
            return None;
        }
        if family.is_some_and(|family| (family == "inet6") == is_v4) {
            let message = format!("the route to {destination} is of another family than it says");
            diagnostics.error(span, message, "write inet for IPv4 and inet6 for IPv6");
            return None;
        }
        // Without them it would be another route.
        let not_yet = ["nexthop", "vrf", "encap", "from", "as"];
        if let Some(word) = not_yet.iter().find(|word| values.has(word)) {
            let message = format!("routes with {word} are not done yet");
            diagnostics
                .push(Diagnostic::new(Severity::Note, span, message).help("the route is left out"));
            return None;
        }
        let device = text(values, "dev");
        if kind == RouteKind::Unicast && gateway.is_none() && device.is_none() {
            let message = format!("the route to {destination} leads nowhere");
            diagnostics.error(span, message, "write via GATEWAY or dev INTERFACE");
            return None;
        }
        let number = |option: &str| values.option(option).and_then(Value::integer);
        let scope_word = text(values, "scope");
        let found = scope_word.as_deref().map(scope);
        if found == Some(None) {
            let message = format!("scope is {}", scope_word.unwrap_or_default());
            diagnostics.error(span, message, "allowed are global, site, link, host, 0 to 255");
        }
        Some(Self {
            span,
            kind,
            destination,
            prefix_length: length.unwrap_or(if is_v4 { 32 } else { 128 }),
            gateway,
            source,
            device,
            table: text_or_number(values, "table"),
            protocol: text_or_number(values, "protocol"),
            scope: found.flatten(),
            metric: number("metric").and_then(|metric| metric.try_into().ok()),
            tos: number("tos").and_then(|tos| tos.try_into().ok()),
            is_on_link: values.has("onlink"),
            mtu: number("mtu").and_then(|mtu| mtu.try_into().ok()),
            is_tracked: !values.has("no_track"),
        })
    }
}

fn text_or_number(values: &Values, option: &str) -> Option<String> {
    match values.option(option)? {
        Value::Integer(number) => Some(number.to_string()),
        value => value.text().map(str::to_owned),
    }
}
