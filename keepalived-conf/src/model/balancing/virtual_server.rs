//! `virtual_server`.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use super::Named;
use super::check::Defaults;
use super::method::LvsMethod;
use super::real_server::{Inherited, RealServer};
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{CommandLine, Section, Value, Values};

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum IpFamily {
    /// `inet`.
    Ipv4,
    /// `inet6`.
    Ipv6,
}

/// What is balanced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ServiceName {
    /// Packets to an address and a port, 0 for all.
    Address {
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
    },
    /// Packets with a mark.
    Mark {
        /// The mark.
        mark: NonZeroU32,
        /// Of this family, where it is said.
        family: Option<IpFamily>,
    },
    /// Those of a `virtual_server_group`.
    Group(String),
}

/// `192.0.2.1 80`, `fwmark 7`, `group web`: as it is written.
impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { address, port } => write!(f, "{address} {port}"),
            Self::Mark { mark, .. } => write!(f, "fwmark {mark}"),
            Self::Group(name) => write!(f, "group {name}"),
        }
    }
}

/// `protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TransportProtocol {
    /// `TCP`.
    Tcp,
    /// `UDP`.
    Udp,
    /// `SCTP`.
    Sctp,
}

/// `persistence_timeout` and `persistence_granularity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PersistenceLine {
    /// How long a client keeps its server.
    pub seconds: u32,
    /// Clients that keep a server together.
    pub granularity: Option<GranularityLine>,
}

/// `persistence_granularity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one for each family")]
pub enum GranularityLine {
    /// IPv4.
    Netmask(Ipv4Addr),
    /// IPv6, 1 to 128.
    PrefixLength(u8),
}

/// `sorry_server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SorryServer {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// How packets reach it.
    pub method: LvsMethod,
    /// `sorry_server_inhibit`: it is there with weight 0 when it is not needed.
    pub stays: bool,
}

/// A service with its servers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VirtualServer {
    /// What is balanced.
    pub name: ServiceName,
    /// Where it is written.
    pub span: Span,
    /// `ip_family`.
    pub family: Option<IpFamily>,
    /// `protocol`; a service by mark has none.
    pub protocol: Option<TransportProtocol>,
    /// `lvs_sched`.
    pub scheduler: String,
    /// `flag-1` to `flag-3`, under whatever name.
    pub flags: [bool; 3],
    /// `ops`.
    pub one_packet: bool,
    /// `persistence_timeout` and `persistence_granularity`.
    pub persistence: Option<PersistenceLine>,
    /// `persistence_engine`.
    pub engine: Option<String>,
    /// `real_server`.
    pub servers: Vec<RealServer>,
    /// `sorry_server`.
    pub sorry: Option<SorryServer>,
    /// `quorum`.
    pub quorum: NonZeroU32,
    /// `hysteresis`.
    pub hysteresis: u32,
    /// `quorum_up`.
    pub quorum_up: Option<CommandLine>,
    /// `quorum_down`.
    pub quorum_down: Option<CommandLine>,
    /// `omega`: at the end servers go down, and that is told.
    pub omega: bool,
    /// `ha_suspend`: checks run only while the address is here.
    pub ha_suspend: bool,
    /// `smtp_alert`.
    pub smtp_alert: Option<bool>,
}

impl VirtualServer {
    /// Two of one identity could not be told apart.
    pub(super) fn identity(&self) -> (ServiceName, Option<TransportProtocol>, Option<IpFamily>) {
        (self.name.clone(), self.protocol, self.family)
    }

    pub(super) fn read(
        span: Span,
        head: &Values,
        section: &Section,
        named: &Named<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Some(name) = name(head) else {
            let message = "virtual_server has neither address nor mark nor group";
            diagnostics.error(span, message, "write ADDRESS PORT, fwmark MARK or group NAME");
            return None;
        };
        if let ServiceName::Group(group) = &name
            && !named.groups.iter().any(|known| known.name == *group)
        {
            let message = format!("virtual_server names the group {group}");
            diagnostics.error(
                span,
                message,
                "there is no such virtual_server_group; it is left out",
            );
            return None;
        }
        let is_marked = match &name {
            ServiceName::Group(group) => {
                let group = named.groups.iter().find(|known| known.name == *group);
                let is_mark = |member: &_| matches!(member, ServiceName::Mark { .. });
                group.is_some_and(|group| group.members.iter().all(is_mark))
            }
            name => matches!(name, ServiceName::Mark { .. }),
        };
        let protocol = match is_marked {
            true => None,
            false => Some(protocol(section, &name, span, diagnostics)),
        };
        let method = last_method(section, &["lvs_method", "lb_kind"], diagnostics);
        let family = match section.text("ip_family") {
            Some("inet6") => Some(IpFamily::Ipv6),
            Some(_) => Some(IpFamily::Ipv4),
            None => family_of(&name),
        };
        let port = if let ServiceName::Address { port, .. } = name { port } else { 0 };
        let weight = section.integer("weight").and_then(|weight| u32::try_from(weight).ok());
        let inherited = Inherited {
            port,
            method: method.unwrap_or_default(),
            weight: weight.unwrap_or(1),
            stays: section.has("inhibit_on_failure"),
            alpha: section.has("alpha"),
            checks: Defaults::read(section),
            keeps_port: matches!(name, ServiceName::Address { .. } | ServiceName::Group(_)),
        };
        let mut servers = Vec::new();
        let mut known = BTreeSet::new();
        for (entry, head, section) in section.blocks("real_server") {
            let server =
                RealServer::read(entry.span, head, section, &inherited, named, diagnostics);
            let Some(server) = server else { continue };
            if !known.insert((server.address, server.port)) {
                let message =
                    format!("real_server {} {} is there twice", server.address, server.port);
                diagnostics.error(entry.span, message, "the second is left out");
            } else {
                servers.push(server);
            }
        }
        let quorum = section.integer("quorum").and_then(|quorum| u32::try_from(quorum).ok());
        let hysteresis = section.integer("hysteresis").and_then(|it| u32::try_from(it).ok());
        let persistence = persistence(section, family, diagnostics);
        Some(Self {
            span,
            family,
            protocol,
            scheduler: scheduler(section).to_owned(),
            flags: flags(section, diagnostics),
            one_packet: section.has("ops"),
            persistence,
            engine: section.text("persistence_engine").map(str::to_owned),
            servers,
            sorry: sorry(section, &inherited, diagnostics),
            quorum: quorum.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN),
            hysteresis: hysteresis.unwrap_or(0),
            quorum_up: section.command("quorum_up").cloned(),
            quorum_down: section.command("quorum_down").cloned(),
            omega: section.has("omega"),
            ha_suspend: section.has("ha_suspend"),
            smtp_alert: section.boolean("smtp_alert"),
            name,
        })
    }
}

fn name(head: &Values) -> Option<ServiceName> {
    if let Some(mark) = head.option("fwmark").and_then(Value::integer) {
        let mark = u32::try_from(mark).ok().and_then(NonZeroU32::new)?;
        return Some(ServiceName::Mark { mark, family: None });
    }
    if let Some(group) = head.option("group").and_then(Value::text) {
        return Some(ServiceName::Group(group.to_owned()));
    }
    let address = head.at(0)?.address()?;
    let port = head.at(1).and_then(Value::integer).and_then(|port| u16::try_from(port).ok());
    Some(ServiceName::Address { address, port: port.unwrap_or(0) })
}

fn family_of(name: &ServiceName) -> Option<IpFamily> {
    match name {
        ServiceName::Address { address: IpAddr::V4(_), .. } => Some(IpFamily::Ipv4),
        ServiceName::Address { address: IpAddr::V6(_), .. } => Some(IpFamily::Ipv6),
        _ => None,
    }
}

fn protocol(
    section: &Section,
    name: &ServiceName,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> TransportProtocol {
    match section.text("protocol") {
        Some("TCP") => TransportProtocol::Tcp,
        Some("SCTP") => TransportProtocol::Sctp,
        Some(_) => TransportProtocol::Udp,
        None => {
            let message = format!("virtual_server {name} has no protocol");
            diagnostics.warn(span, message, "it is taken as UDP; write protocol TCP, UDP or SCTP");
            TransportProtocol::Udp
        }
    }
}

/// The last of keywords that say the same.
fn last_method(
    section: &Section,
    keywords: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<LvsMethod> {
    let entry = section.entries.iter().rfind(|entry| keywords.contains(&entry.keyword.name))?;
    method_of(entry.values()?, diagnostics)
}

pub(super) fn method_of(values: &Values, diagnostics: &mut Diagnostics) -> Option<LvsMethod> {
    match LvsMethod::of(values) {
        Ok(method) => Some(method),
        Err(message) => {
            diagnostics.error(values.span, message, "the line is left out");
            None
        }
    }
}

fn scheduler(section: &Section) -> &str {
    let is_scheduler = |name: &str| name == "lvs_sched" || name == "lb_algo";
    let entry = section.entries.iter().rfind(|entry| is_scheduler(entry.keyword.name));
    entry.and_then(|entry| entry.values()?.at(0)?.text()).unwrap_or("wlc")
}

/// The words of a scheduler count only after it, as in keepalived.
fn flags(section: &Section, diagnostics: &mut Diagnostics) -> [bool; 3] {
    let mut flags = [false; 3];
    let mut scheduler = "wlc";
    for entry in &section.entries {
        let (place, of) = match entry.keyword.name {
            "lvs_sched" | "lb_algo" => {
                let value = entry.values().and_then(|values| values.at(0)?.text());
                scheduler = value.unwrap_or(scheduler);
                continue;
            }
            "flag-1" => (0, None),
            "flag-2" => (1, None),
            "flag-3" => (2, None),
            "sh-fallback" => (0, Some("sh")),
            "sh-port" => (1, Some("sh")),
            "mh-fallback" => (0, Some("mh")),
            "mh-port" => (1, Some("mh")),
            _ => continue,
        };
        if let Some(of) = of.filter(|of| *of != scheduler) {
            let message =
                format!("{} is there, and the scheduler is {scheduler}", entry.keyword.name);
            diagnostics.error(entry.span, message, format!("write it after lvs_sched {of}"));
        } else {
            flags[place] = true;
        }
    }
    flags
}

/// keepalived's time where none is said.
const PERSISTENCE_SECONDS: u32 = 360;

fn persistence(
    section: &Section,
    family: Option<IpFamily>,
    diagnostics: &mut Diagnostics,
) -> Option<PersistenceLine> {
    let granularity = section.get("persistence_granularity");
    if !section.has("persistence_timeout") && granularity.is_none() {
        return None;
    }
    let seconds = section.integer("persistence_timeout").and_then(|it| u32::try_from(it).ok());
    let line = granularity.and_then(|entry| entry.values());
    let read =
        line.and_then(|values| match (values.at(1).and_then(Value::address), values.at(0)) {
            (Some(IpAddr::V4(mask)), _) => Some(GranularityLine::Netmask(mask)),
            (_, Some(length)) => {
                let length = length.integer().and_then(|length| u8::try_from(length).ok());
                length.map(GranularityLine::PrefixLength)
            }
            _ => None,
        });
    let granularity = match (read, family) {
        (Some(GranularityLine::PrefixLength(_)), Some(IpFamily::Ipv4))
        | (Some(GranularityLine::Netmask(_)), Some(IpFamily::Ipv6)) => {
            if let Some(line) = line {
                let message = "persistence_granularity is one of the other family";
                let help = "write a mask for IPv4 and a length for IPv6; the line is left out";
                diagnostics.error(line.span, message, help);
            }
            None
        }
        (read, _) => read,
    };
    Some(PersistenceLine { seconds: seconds.unwrap_or(PERSISTENCE_SECONDS), granularity })
}

fn sorry(
    section: &Section,
    inherited: &Inherited,
    diagnostics: &mut Diagnostics,
) -> Option<SorryServer> {
    let values = section.get("sorry_server")?.values()?;
    let address = values.at(0)?.address()?;
    let port = values.at(1).and_then(Value::integer).and_then(|port| u16::try_from(port).ok());
    let method = last_method(section, &["sorry_server_lvs_method"], diagnostics);
    let method = method.unwrap_or(inherited.method);
    let port = inherited.port_of(port, method, values.span, diagnostics);
    Some(SorryServer { address, port, method, stays: section.has("sorry_server_inhibit") })
}
