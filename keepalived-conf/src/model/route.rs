//! Lines of `virtual_routes` and `static_routes`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::address::scope;
use super::encapsulation::Encapsulation;
use super::next_hop::NextHop;
use super::problem::Problem;
use super::realms::Realms;
use super::route_metrics::RouteMetrics;
use super::route_words::{Gateway, Words};
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
    /// `via`; of IPv6 even in a route of IPv4, where that is written.
    pub gateway: Option<IpAddr>,
    /// `src`.
    pub source: Option<IpAddr>,
    /// `from`: the network that packets come from, and its bits; of IPv6 only.
    pub from: Option<(IpAddr, u8)>,
    /// `dev`.
    pub device: Option<String>,
    /// `table`: a number, or a name of iproute2's `rt_tables`.
    pub table: Option<String>,
    /// `vrf`: the device whose table it is in, instead of `table`.
    pub vrf: Option<String>,
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
    /// `advmss`, `rtt` and their kin.
    pub metrics: RouteMetrics,
    /// `realms`; of IPv4 only.
    pub realms: Option<Realms>,
    /// `encap`.
    pub encapsulation: Option<Encapsulation>,
    /// `nexthop`, or the two gateways of `via` and `or`; the route itself has no gateway then.
    pub next_hops: Vec<NextHop>,
    /// `expires`; of IPv6 only.
    pub expires: Option<Duration>,
    /// `pref`; of IPv6 only.
    pub preference: Option<RouterPreference>,
    /// `ttl-propagate`.
    pub propagates_ttl: Option<bool>,
    /// `add`, `prepend` or `append`.
    pub place: RoutePlace,
    /// Without `no_track`: what happens to it concerns the router.
    pub is_tracked: bool,
    /// `track_group`: the instances that it concerns, when it is static.
    pub track_group: Option<String>,
}

/// `RTN_…` of `include/uapi/linux/rtnetlink.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteKind {
    /// To a gateway or a link.
    Unicast,
    /// To this machine.
    Local,
    /// To this machine, and sent as broadcast.
    Broadcast,
    /// To groups.
    Multicast,
    /// Dropped without a word.
    Blackhole,
    /// Refused as unreachable.
    Unreachable,
    /// Refused as forbidden.
    Prohibit,
    /// Goes on with the next table.
    Throw,
}

/// `pref`: which of several default routes is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouterPreference {
    /// `low`.
    Low,
    /// `medium`.
    Medium,
    /// `high`.
    High,
}

/// Where a route stands among those of the same destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoutePlace {
    /// `prepend`: before them.
    #[default]
    Prepend,
    /// `add`: there must be none.
    Add,
    /// `append`: after them.
    Append,
}

impl RouteLine {
    pub(super) fn read(values: &Values, diagnostics: &mut Diagnostics) -> Option<Self> {
        if !values.is_understood {
            leave_out("route", values.span, diagnostics);
            return None;
        }
        match Self::of(values, diagnostics) {
            Ok(route) => Some(route),
            Err(problem) => {
                problem.tell(values.span, diagnostics);
                None
            }
        }
    }

    fn of(values: &Values, diagnostics: &mut Diagnostics) -> Result<Self, Problem> {
        let span = values.span;
        let family = values.at(0).and_then(Value::text);
        let kind = kind(values.at(1).and_then(Value::text))?;
        if values.has("as") {
            let help = "the kernel has this for MPLS only, not for routes of IP; remove it";
            return Err(Problem::new("the route has as", help));
        }
        let mut parts = values.options.split(|(word, _)| *word == "nexthop");
        let mut words = Words::of(parts.next().unwrap_or_default())?;
        let hops: Vec<Words<'_>> = parts.map(Words::of).collect::<Result<_, _>>()?;
        let gateway = words.gateway()?;
        let source = words.address("src");
        let from = match words.value("from") {
            Some(Value::Prefix(address, length)) => Some((*address, length.unwrap_or(128))),
            _ => None,
        };
        let (destination, length) = match values.at(2) {
            Some(Value::Prefix(address, length)) => (*address, *length),
            _ => {
                let first_hop = match hops.first() {
                    Some(hop) => hop.gateway()?,
                    None => None,
                };
                let gateway = gateway.or(first_hop).map(|gateway| gateway.address);
                let other = source.or(from.map(|(address, _)| address)).or(gateway);
                let is_ipv6 = match (family, other) {
                    (Some(family), _) => family == "inet6",
                    (None, Some(other)) => other.is_ipv6(),
                    (None, None) => words.has("expires") || words.has("pref"),
                };
                (any(is_ipv6), Some(0))
            }
        };
        check_family(destination, family, source, from, &words)?;
        let gateway = match gateway {
            Some(gateway) => Some(gateway.check(destination)?),
            None => None,
        };
        let hops = hops.into_iter().map(|hop| NextHop::of(hop, destination));
        let hops: Vec<NextHop> = hops.collect::<Result<_, _>>()?;
        let device = words.text("dev");
        let (gateway, device, next_hops) =
            ways(destination, gateway, device, hops, &words, span, diagnostics)?;
        if kind == RouteKind::Unicast
            && gateway.is_none()
            && device.is_none()
            && next_hops.is_empty()
        {
            let message = format!("the route to {destination} leads nowhere");
            return Err(Problem::new(message, "write via GATEWAY or dev INTERFACE"));
        }
        let in_table = words.last_of(&["table", "vrf"]);
        if words.has("table") && words.has("vrf") {
            let message = format!("the route to {destination} has table and vrf");
            diagnostics.warn(span, message, "write one of them; the last one is taken");
        }
        let expires = words.integer("expires").and_then(|seconds| u64::try_from(seconds).ok());
        Ok(Self {
            span,
            kind,
            destination,
            prefix_length: length.unwrap_or(if destination.is_ipv4() { 32 } else { 128 }),
            gateway,
            source,
            from,
            device,
            table: words.text("table").filter(|_| in_table == Some("table")),
            vrf: words.text("vrf").filter(|_| in_table == Some("vrf")),
            protocol: words.text("protocol"),
            scope: route_scope(&words, span, diagnostics),
            metric: words.integer("metric").and_then(|metric| metric.try_into().ok()),
            tos: words.integer("tos").and_then(|tos| tos.try_into().ok()),
            is_on_link: words.has("onlink"),
            mtu: words.integer("mtu").and_then(|mtu| mtu.try_into().ok()),
            metrics: RouteMetrics::read(&words, span, diagnostics)?,
            realms: words.text("realms").as_deref().map(Realms::of).transpose()?,
            encapsulation: words.encapsulation.take(),
            next_hops,
            expires: expires.map(Duration::from_secs),
            preference: words.text("pref").map(|word| match word.as_str() {
                "low" => RouterPreference::Low,
                "high" => RouterPreference::High,
                _ => RouterPreference::Medium,
            }),
            propagates_ttl: words.text("ttl-propagate").map(|word| word == "enabled"),
            place: match words.last_of(&["add", "prepend", "append"]) {
                Some("add") => RoutePlace::Add,
                Some("append") => RoutePlace::Append,
                _ => RoutePlace::Prepend,
            },
            is_tracked: !words.has("no_track"),
            track_group: words.text("track_group"),
        })
    }
}

/// A line with a word that nobody understands would do something else without that word.
pub(super) fn leave_out(what: &str, span: Span, diagnostics: &mut Diagnostics) {
    let message = format!("the {what} is left out");
    let help = "it would be another one without what is wrong in its line";
    diagnostics.push(Diagnostic::new(Severity::Note, span, message).help(help));
}

fn kind(word: Option<&str>) -> Result<RouteKind, Problem> {
    Ok(match word {
        Some("local") => RouteKind::Local,
        Some("broadcast") => RouteKind::Broadcast,
        Some("multicast") => RouteKind::Multicast,
        Some("blackhole") => RouteKind::Blackhole,
        Some("unreachable") => RouteKind::Unreachable,
        Some("prohibit") => RouteKind::Prohibit,
        Some("throw") => RouteKind::Throw,
        Some("nat") => {
            let help = "the kernel has no such routes of IP; use nftables";
            return Err(Problem::new("the type of the route is nat", help));
        }
        _ => RouteKind::Unicast,
    })
}

fn any(is_ipv6: bool) -> IpAddr {
    match is_ipv6 {
        true => Ipv6Addr::UNSPECIFIED.into(),
        false => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// Everything but the gateway is of the destination's family.
fn check_family(
    destination: IpAddr,
    family: Option<&str>,
    source: Option<IpAddr>,
    from: Option<(IpAddr, u8)>,
    words: &Words<'_>,
) -> Result<(), Problem> {
    let is_ipv6 = destination.is_ipv6();
    if family.is_some_and(|family| (family == "inet6") != is_ipv6) {
        let message = format!("the route to {destination} is of another family than it says");
        return Err(Problem::new(message, "write inet for IPv4 and inet6 for IPv6"));
    }
    let mut others = source.into_iter().chain(from.map(|(address, _)| address));
    if let Some(other) = others.find(|other| other.is_ipv6() != is_ipv6) {
        let message = format!("the route to {destination} names {other}");
        return Err(Problem::new(message, "both have to be of one family"));
    }
    let (foreign, help) = match is_ipv6 {
        true => (words.last_of(&["realms"]), "routes of IPv6 have none; remove it"),
        false => {
            let help = "only routes of IPv6 have it; remove it";
            (words.last_of(&["from", "expires", "pref"]), help)
        }
    };
    match foreign {
        Some(word) => Err(Problem::new(format!("the route to {destination} has {word}"), help)),
        None => Ok(()),
    }
}

/// Gateway and device, or next hops.
type Ways = (Option<IpAddr>, Option<String>, Vec<NextHop>);

/// The gateway and the device of the route itself, or its next hops.
fn ways(
    destination: IpAddr,
    gateway: Option<IpAddr>,
    device: Option<String>,
    hops: Vec<NextHop>,
    words: &Words<'_>,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Result<Ways, Problem> {
    let second = words.address("or");
    if !hops.is_empty() && (gateway.is_some() || second.is_some()) {
        let message = format!("the route to {destination} has a gateway before its nexthop");
        return Err(Problem::new(message, "write nexthop before every gateway"));
    }
    let Some(second) = second else { return Ok((gateway, device, hops)) };
    let Some(first) = gateway else {
        let message = format!("the route to {destination} has or without via");
        return Err(Problem::new(message, "write nexthop via GATEWAY nexthop via GATEWAY"));
    };
    let second = Gateway { address: second, has_family: false }.check(destination)?;
    let help = format!("write nexthop via {first} nexthop via {second}");
    diagnostics.warn(span, "or is an older word", help);
    let hops = [first, second].map(|gateway| NextHop::to(Some(gateway), device.clone()));
    Ok((None, None, hops.into()))
}

fn route_scope(words: &Words<'_>, span: Span, diagnostics: &mut Diagnostics) -> Option<u8> {
    let word = words.text("scope")?;
    let found = scope(&word);
    if found.is_none() {
        let help = "allowed are global, site, link, host, 0 to 255";
        diagnostics.error(span, format!("scope is {word}"), help);
    }
    found
}
