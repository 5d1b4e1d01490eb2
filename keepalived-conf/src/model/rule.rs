//! Lines of `virtual_rules` and `static_rules`.

use std::net::IpAddr;

use super::problem::Problem;
use super::realms::Realms;
use super::route::leave_out;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Value, Values, any_base};

/// A rule that says which routing table packets go through.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleLine {
    /// Where it is written.
    pub span: Span,
    /// Whether it is of IPv6.
    pub is_ipv6: bool,
    /// What it does.
    pub action: RuleAction,
    /// `not`: it does so with packets that do not match.
    pub is_inverted: bool,
    /// `preference`; `None` where nothing is said.
    pub preference: Option<u32>,
    /// `from`: a network and its bits; `None` for any.
    pub from: Option<(IpAddr, u8)>,
    /// `to`: a network and its bits; `None` for any.
    pub to: Option<(IpAddr, u8)>,
    /// `iif` or `dev`: the interface that packets come in by.
    pub incoming: Option<String>,
    /// `oif`: the interface that a socket is bound to.
    pub outgoing: Option<String>,
    /// `tos`.
    pub tos: Option<u8>,
    /// `fwmark`: a mark, and its mask if one is written.
    pub mark: Option<(u32, Option<u32>)>,
    /// `realms`; of IPv4 only.
    pub realms: Option<Realms>,
    /// `suppress_prefixlength`: routes of so many bits or fewer do not count.
    pub suppress_prefix_length: Option<u8>,
    /// `suppress_ifgroup`: routes by such interfaces do not count; a number, or a name of iproute2's
    /// `group`.
    pub suppress_group: Option<String>,
    /// `tunnel-id`.
    pub tunnel: Option<u64>,
    /// `uidrange`: the first and the last user.
    pub users: Option<(u32, u32)>,
    /// `protocol`, that of who made the rule: a number, or a name of iproute2's `rt_protos`.
    pub protocol: Option<String>,
    /// `ipproto`: the protocol in the IP header.
    pub ip_protocol: Option<u8>,
    /// `sport`: the first and the last port.
    pub source_ports: Option<(u16, u16)>,
    /// `dport`: the first and the last port.
    pub destination_ports: Option<(u16, u16)>,
    /// Without `no_track`: what happens to it concerns the router.
    pub is_tracked: bool,
    /// `track_group`: the instances that it concerns, when it is static.
    pub track_group: Option<String>,
}

/// `FR_ACT_…` of `include/uapi/linux/fib_rules.h`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleAction {
    /// `table`: a number, or a name of iproute2's `rt_tables`.
    Table(String),
    /// `l3mdev`: the table of the VRF that the interface belongs to.
    VrfTable,
    /// `goto`: on with the rule of this preference.
    Goto(u32),
    /// `nop`: on with the next rule.
    Nop,
    /// `blackhole`: dropped without a word.
    Blackhole,
    /// `unreachable`: refused as unreachable.
    Unreachable,
    /// `prohibit`: refused as forbidden.
    Prohibit,
}

impl RuleLine {
    pub(super) fn read(values: &Values, diagnostics: &mut Diagnostics) -> Option<Self> {
        if !values.is_understood {
            leave_out("rule", values.span, diagnostics);
            return None;
        }
        match Self::of(values) {
            Ok(rule) => {
                if rule.preference.is_none() {
                    let help = "write preference NUMBER; such rules get 16384 and downwards";
                    diagnostics.warn(values.span, "the rule has no preference", help);
                }
                Some(rule)
            }
            Err(problem) => {
                problem.tell(values.span, diagnostics);
                None
            }
        }
    }

    fn of(values: &Values) -> Result<Self, Problem> {
        let action = action(values)?;
        let text = |name: &str| values.option(name).and_then(Value::text);
        let integer = |name: &str| values.option(name).and_then(Value::integer);
        let network = |name: &str| match values.option(name) {
            Some(Value::Prefix(address, length)) => {
                Some((*address, length.unwrap_or(if address.is_ipv4() { 32 } else { 128 })))
            }
            _ => None,
        };
        let (from, to) = (network("from"), network("to"));
        let realms = text("realms").map(Realms::of).transpose()?;
        let is_ipv6 = is_ipv6(values, from, to)?;
        if is_ipv6 && realms.is_some() {
            return Err(Problem::new("the rule has realms", "rules of IPv6 have none; remove it"));
        }
        let preference: Option<u32> =
            integer("preference").and_then(|number| number.try_into().ok());
        if let RuleAction::Goto(target) = action
            && preference.is_none_or(|preference| preference >= target)
        {
            let message = format!("the rule goes to {target}");
            let help = "write preference with a number below that; it only goes on";
            return Err(Problem::new(message, help));
        }
        let suppress_group = text("suppress_ifgroup").map(str::to_owned);
        let suppress_prefix_length =
            integer("suppress_prefixlength").and_then(|length| u8::try_from(length).ok());
        let needs_table =
            realms.is_some() || suppress_group.is_some() || suppress_prefix_length.is_some();
        if needs_table && !matches!(action, RuleAction::Table(_) | RuleAction::VrfTable) {
            let message = "realms and suppress_… are said of a rule without a table";
            return Err(Problem::new(message, "write table NUMBER instead of the other action"));
        }
        Ok(Self {
            span: values.span,
            is_ipv6,
            action,
            is_inverted: values.has("not"),
            preference,
            from,
            to,
            incoming: text("dev").map(str::to_owned),
            outgoing: text("oif").map(str::to_owned),
            tos: integer("tos").and_then(|tos| tos.try_into().ok()),
            mark: text("fwmark").map(mark).transpose()?,
            realms,
            suppress_prefix_length,
            suppress_group,
            tunnel: integer("tunnel-id").and_then(|tunnel| tunnel.try_into().ok()),
            users: text("uidrange").map(users).transpose()?,
            protocol: text("protocol").map(str::to_owned),
            ip_protocol: text("ipproto").map(ip_protocol).transpose()?,
            source_ports: text("sport").map(|word| ports("sport", word)).transpose()?,
            destination_ports: text("dport").map(|word| ports("dport", word)).transpose()?,
            is_tracked: !values.has("no_track"),
            track_group: text("track_group").map(str::to_owned),
        })
    }
}

/// The one thing that it does.
fn action(values: &Values) -> Result<RuleAction, Problem> {
    const HELP: &str = "write one of table NUMBER, goto NUMBER, nop, blackhole, unreachable, \
                        prohibit, l3mdev";
    let mut found = None;
    for (word, list) in &values.options {
        let action = match (*word, list.first()) {
            ("table", Some(Value::Text(table))) => RuleAction::Table(table.clone()),
            ("goto", Some(Value::Integer(target))) => {
                RuleAction::Goto(u32::try_from(*target).unwrap_or(u32::MAX))
            }
            ("l3mdev", _) => RuleAction::VrfTable,
            ("nop", _) => RuleAction::Nop,
            ("blackhole", _) => RuleAction::Blackhole,
            ("unreachable", _) => RuleAction::Unreachable,
            ("prohibit", _) => RuleAction::Prohibit,
            _ => continue,
        };
        if found.replace(action).is_some() {
            return Err(Problem::new("the rule does two things", HELP));
        }
    }
    match found {
        None => Err(Problem::new("the rule does nothing", HELP)),
        Some(RuleAction::Table(table)) if any_base(&table) == Some(0) => {
            let help = "allowed are 1 to 4294967295, or a name that iproute2 knows";
            Err(Problem::new("table is 0", help))
        }
        Some(action) => Ok(action),
    }
}

/// The family of all that is written; IPv4 where nothing tells.
fn is_ipv6(
    values: &Values,
    from: Option<(IpAddr, u8)>,
    to: Option<(IpAddr, u8)>,
) -> Result<bool, Problem> {
    let said = values.at(0).and_then(Value::text).map(|family| family == "inet6");
    let networks = from.into_iter().chain(to).map(|(address, _)| address.is_ipv6());
    let families: Vec<bool> = said.into_iter().chain(networks).collect();
    match families.as_slice() {
        [first, others @ ..] if others.iter().any(|other| other != first) => {
            Err(Problem::new("the rule mixes IPv4 and IPv6", "write all of one family"))
        }
        [first, ..] => Ok(*first),
        [] => Ok(false),
    }
}

fn number(text: &str) -> Option<u32> {
    any_base(text).and_then(|number| number.try_into().ok())
}

fn mark(word: &str) -> Result<(u32, Option<u32>), Problem> {
    let (mark, mask) = match word.split_once('/') {
        Some((mark, mask)) => (number(mark), Some(number(mask))),
        None => (number(word), None),
    };
    match (mark, mask) {
        (Some(mark), None) => Ok((mark, None)),
        (Some(mark), Some(Some(mask))) => Ok((mark, Some(mask))),
        _ => {
            let help = "allowed are a number, or a number, a slash and a mask, like 0x10/0xf0";
            Err(Problem::new(format!("fwmark is {word}"), help))
        }
    }
}

fn users(word: &str) -> Result<(u32, u32), Problem> {
    let users = word
        .split_once('-')
        .and_then(|(first, last)| Some((first.parse::<u32>().ok()?, last.parse::<u32>().ok()?)));
    users.filter(|(first, last)| first <= last).ok_or_else(|| {
        let help = "allowed are two numbers with a hyphen between them, like 1000-1999";
        Problem::new(format!("uidrange is {word}"), help)
    })
}

fn ports(name: &str, word: &str) -> Result<(u16, u16), Problem> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let ports = first.parse::<u16>().ok().zip(last.parse::<u16>().ok());
    ports.filter(|(first, last)| 0 < *first && first <= last).ok_or_else(|| {
        let help = "allowed are 1 to 65535, or two of them with a hyphen, like 80-443";
        Problem::new(format!("{name} is {word}"), help)
    })
}

/// Protocols by the names that people write.
fn ip_protocol(word: &str) -> Result<u8, Problem> {
    const NAMES: [(&str, u8); 15] = [
        ("icmp", 1),
        ("igmp", 2),
        ("ipip", 4),
        ("tcp", 6),
        ("udp", 17),
        ("dccp", 33),
        ("ipv6", 41),
        ("gre", 47),
        ("esp", 50),
        ("ah", 51),
        ("icmpv6", 58),
        ("ipv6-icmp", 58),
        ("vrrp", 112),
        ("sctp", 132),
        ("udplite", 136),
    ];
    let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    named.map(|(_, number)| *number).or_else(|| word.parse().ok()).ok_or_else(|| {
        let help = "allowed are 0 to 255, or a name like tcp, udp or icmp";
        Problem::new(format!("ipproto is {word}"), help)
    })
}
