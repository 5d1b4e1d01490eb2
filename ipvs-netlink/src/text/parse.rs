//! What `ipvsadm-restore` takes: lines that add services and servers.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::{FromStr, SplitWhitespace};

use crate::destination::{Destination, DestinationKey, Forwarding, Tunnel, TunnelChecksum};
use crate::flags::ServiceFlags;
use crate::name::Name;
use crate::scheduler::Scheduler;
use crate::service::{Family, Granularity, Persistence, Protocol, Service, ServiceKey};
use crate::table::Table;

/// A line that is not one of `ipvsadm-save`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
#[non_exhaustive]
pub struct ParseError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It adds nothing.
    #[error("{0:?} is there, allowed are -A and -a")]
    Command(String),
    /// A word that means nothing here.
    #[error("{0:?} is no option of ipvsadm-save")]
    Option(String),
    /// Nothing follows an option.
    #[error("nothing follows {0}")]
    Missing(&'static str),
    /// What follows an option is not what it takes.
    #[error("{option} is {value:?}, allowed is {allowed}")]
    Value {
        /// The option.
        option: &'static str,
        /// What follows it.
        value: String,
        /// What it takes.
        allowed: &'static str,
    },
    /// Neither an address nor a mark.
    #[error("no service is named, allowed are -t, -u, --sctp-service and -f")]
    NoService,
    /// A server without address.
    #[error("no server is named; write -r ADDRESS:PORT")]
    NoServer,
    /// A server of a service that no line before adds.
    #[error("its service is not added before")]
    UnknownService,
    /// The same again.
    #[error("it is there already")]
    Twice,
}

const SOCKET: &str = "ADDRESS:PORT or [ADDRESS]:PORT, in numbers";

/// What the options of a line say.
#[derive(Default)]
struct Line<'a> {
    key: Option<(Protocol, SocketAddr)>,
    mark: Option<NonZeroU32>,
    is_ipv6: bool,
    scheduler: Option<&'a str>,
    persistence: Option<u32>,
    granularity: Option<&'a str>,
    one_packet: bool,
    flags: Option<&'a str>,
    engine: Option<&'a str>,
    server: Option<SocketAddr>,
    forwarding: Option<Forwarding>,
    weight: Option<i32>,
    upper: u32,
    lower: u32,
    tunnel: Option<&'a str>,
    tunnel_port: u16,
    checksum: TunnelChecksum,
}

/// The words of a line.
struct Words<'a>(std::iter::Peekable<SplitWhitespace<'a>>);

impl<'a> Words<'a> {
    fn after(&mut self, option: &'static str) -> Result<&'a str, Problem> {
        self.0.next().ok_or(Problem::Missing(option))
    }

    /// ipvsadm 1.31 saves marks from 2147483648 on as negative numbers.
    fn mark(&mut self) -> Result<NonZeroU32, Problem> {
        let value = self.after("-f")?;
        let unsigned = value.parse().or_else(|_| value.parse().map(i32::cast_unsigned));
        unsigned.ok().and_then(NonZeroU32::new).ok_or_else(|| Problem::Value {
            option: "-f",
            value: value.to_owned(),
            allowed: "1 to 4294967295",
        })
    }

    fn value<T: FromStr>(
        &mut self,
        option: &'static str,
        allowed: &'static str,
    ) -> Result<T, Problem> {
        let value = self.after(option)?;
        value.parse().map_err(|_| Problem::Value { option, value: value.to_owned(), allowed })
    }
}

impl FromStr for Table {
    type Err = ParseError;

    /// Reads what `ipvsadm-save -n` prints; empty lines and those that begin with `#` are ignored.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut table = Self::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            take(&mut table, text).map_err(|problem| ParseError { line, problem })?;
        }
        Ok(table)
    }
}

fn take(table: &mut Table, text: &str) -> Result<(), Problem> {
    let mut words = Words(text.split_whitespace().peekable());
    let command = words.after("the beginning")?;
    let is_service = match command {
        "-A" | "--add-service" => true,
        "-a" | "--add-server" => false,
        other => return Err(Problem::Command(other.to_owned())),
    };
    let line = Line::read(&mut words)?;
    let key = line.service_key()?;
    if is_service {
        let service = line.service(key)?;
        if table.get(&key).is_some() {
            return Err(Problem::Twice);
        }
        table.insert(service);
        return Ok(());
    }
    let destination = line.destination()?;
    let server = table.get_mut(&key).ok_or(Problem::UnknownService)?;
    match server.insert(destination) {
        None => Ok(()),
        Some(_) => Err(Problem::Twice),
    }
}

impl<'a> Line<'a> {
    fn read(words: &mut Words<'a>) -> Result<Self, Problem> {
        let mut line = Self::default();
        while let Some(word) = words.0.next() {
            match word {
                "-t" | "--tcp-service" => {
                    line.key = Some((Protocol::Tcp, words.value("-t", SOCKET)?));
                }
                "-u" | "--udp-service" => {
                    line.key = Some((Protocol::Udp, words.value("-u", SOCKET)?));
                }
                "--sctp-service" => {
                    line.key = Some((Protocol::Sctp, words.value("--sctp-service", SOCKET)?));
                }
                "-f" | "--fwmark-service" => {
                    line.mark = Some(words.mark()?);
                }
                "-6" | "--ipv6" => line.is_ipv6 = true,
                "-s" | "--scheduler" => line.scheduler = Some(words.after("-s")?),
                "-p" | "--persistent" => {
                    // The time may be left out.
                    let seconds = words.0.peek().and_then(|word| word.parse().ok());
                    if seconds.is_some() {
                        words.0.next();
                    }
                    line.persistence = Some(seconds.unwrap_or(360));
                }
                "-M" | "--netmask" => line.granularity = Some(words.after("-M")?),
                "-o" | "--ops" => line.one_packet = true,
                "-b" | "--sched-flags" => line.flags = Some(words.after("-b")?),
                "--pe" => line.engine = Some(words.after("--pe")?),
                "-r" | "--real-server" => line.server = Some(words.value("-r", SOCKET)?),
                "-g" | "--gatewaying" => line.forwarding = Some(Forwarding::DirectRouting),
                "-m" | "--masquerading" => line.forwarding = Some(Forwarding::Masquerade),
                "-i" | "--ipip" => line.forwarding = Some(Forwarding::Tunnel(Tunnel::Ipip)),
                "--local" => line.forwarding = Some(Forwarding::Local),
                "--bypass" => line.forwarding = Some(Forwarding::Bypass),
                "-w" | "--weight" => line.weight = Some(words.value("-w", "a number")?),
                "-x" | "--u-threshold" => line.upper = words.value("-x", "0 to 4294967295")?,
                "-y" | "--l-threshold" => line.lower = words.value("-y", "0 to 4294967295")?,
                "--tun-type" => line.tunnel = Some(words.after("--tun-type")?),
                "--tun-port" => line.tunnel_port = words.value("--tun-port", "0 to 65535")?,
                "--tun-nocsum" => line.checksum = TunnelChecksum::None,
                "--tun-csum" => line.checksum = TunnelChecksum::Checksum,
                "--tun-remcsum" => line.checksum = TunnelChecksum::Remote,
                other => return Err(Problem::Option(other.to_owned())),
            }
        }
        Ok(line)
    }

    fn service_key(&self) -> Result<ServiceKey, Problem> {
        match (self.key, self.mark) {
            (Some((protocol, socket)), _) => {
                let (address, port) = (socket.ip(), socket.port());
                Ok(ServiceKey::Address { protocol, address, port })
            }
            (None, Some(mark)) => {
                let family = if self.is_ipv6 { Family::Ipv6 } else { Family::Ipv4 };
                Ok(ServiceKey::FirewallMark { family, mark })
            }
            (None, None) => Err(Problem::NoService),
        }
    }

    fn service(&self, key: ServiceKey) -> Result<Service, Problem> {
        let name = |option, text: &str| {
            let allowed = "a name of up to 15 octets";
            Name::new(text).map_err(|error| Problem::Value { option, value: error.0, allowed })
        };
        let scheduler = match self.scheduler.unwrap_or("wlc") {
            "none" => None,
            text => Some(Scheduler::from_name(name("-s", text)?)),
        };
        let mut flags = match self.one_packet {
            true => ServiceFlags::ONE_PACKET,
            false => ServiceFlags::NONE,
        };
        for word in self.flags.into_iter().flat_map(|words| words.split(',')) {
            let found = ServiceFlags::from_name(word, scheduler.as_ref());
            let unknown = || Problem::Value {
                option: "-b",
                value: word.to_owned(),
                allowed: "flags of the scheduler",
            };
            flags = flags | found.ok_or_else(unknown)?;
        }
        let persistence = match self.persistence {
            Some(seconds) => {
                let granularity = self.granularity(key.family())?;
                Some(Persistence { seconds, granularity })
            }
            None => None,
        };
        let engine = self.engine.map(|text| name("--pe", text)).transpose()?;
        Ok(Service { key, scheduler, flags, persistence, engine })
    }

    fn granularity(&self, family: Family) -> Result<Granularity, Problem> {
        let Some(text) = self.granularity else { return Ok(Granularity::host(family)) };
        let wrong = |allowed| Problem::Value { option: "-M", value: text.to_owned(), allowed };
        match family {
            Family::Ipv4 => text
                .parse::<Ipv4Addr>()
                .map(Granularity::Netmask)
                .map_err(|_| wrong("a netmask like 255.255.255.0")),
            Family::Ipv6 => match text.parse() {
                Ok(length @ 1..=128) => Ok(Granularity::PrefixLength(length)),
                _ => Err(wrong("1 to 128")),
            },
        }
    }

    fn destination(&self) -> Result<Destination, Problem> {
        let socket = self.server.ok_or(Problem::NoServer)?;
        let key = DestinationKey::new(socket.ip(), socket.port());
        let mut forwarding = self.forwarding.unwrap_or(Forwarding::DirectRouting);
        if let (Forwarding::Tunnel(_), Some(kind)) = (forwarding, self.tunnel) {
            let checksum = self.checksum;
            forwarding = Forwarding::Tunnel(match kind {
                "ipip" => Tunnel::Ipip,
                "gue" if self.tunnel_port == 0 => return Err(Problem::Missing("--tun-port")),
                "gue" => Tunnel::Gue { port: self.tunnel_port, checksum },
                "gre" => Tunnel::Gre { checksum },
                other => {
                    return Err(Problem::Value {
                        option: "--tun-type",
                        value: other.to_owned(),
                        allowed: "ipip, gue or gre",
                    });
                }
            });
        }
        Ok(Destination {
            key,
            forwarding,
            weight: self.weight.unwrap_or(1),
            upper_threshold: self.upper,
            lower_threshold: self.lower,
        })
    }
}
