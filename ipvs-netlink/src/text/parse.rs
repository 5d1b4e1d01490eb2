//! What `ipvsadm-restore` takes: lines that add services and servers.

use std::net::Ipv4Addr;
use std::str::FromStr;

use super::options::{Options, Words};
use super::problem::{ParseError, Problem};
use crate::destination::{Destination, DestinationKey, Forwarding};
use crate::flags::ServiceFlags;
use crate::name::Name;
use crate::scheduler::Scheduler;
use crate::service::{Family, Granularity, Persistence, Service, ServiceKey};
use crate::table::Table;

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
    let mut words = Words::new(text);
    let command = words.after("the beginning")?;
    let is_service = match command {
        "-A" | "--add-service" => true,
        "-a" | "--add-server" => false,
        other => return Err(Problem::Command(other.to_owned())),
    };
    let options = Options::read(&mut words)?;
    let key = options.key()?;
    if is_service {
        options.of_a_service()?;
        let service = service(key, &options)?;
        if table.get(&key).is_some() {
            return Err(Problem::Twice);
        }
        table.insert(service);
        return Ok(());
    }
    options.of_a_server()?;
    let destination = destination(&options)?;
    check_port(&key, &destination)?;
    let server = table.get_mut(&key).ok_or(Problem::UnknownService)?;
    match server.insert(destination) {
        None => Ok(()),
        Some(_) => Err(Problem::Twice),
    }
}

fn service(key: ServiceKey, options: &Options<'_>) -> Result<Service, Problem> {
    let name = |option, text: &str| {
        let allowed = "a name of up to 15 octets";
        Name::new(text).map_err(|error| Problem::Value { option, value: error.0, allowed })
    };
    let scheduler = Scheduler::from_name(name("-s", options.scheduler().unwrap_or("wlc"))?);
    let mut flags =
        if options.is_one_packet() { ServiceFlags::ONE_PACKET } else { ServiceFlags::NONE };
    for word in options.flags() {
        let found = ServiceFlags::from_name(word, scheduler.as_ref());
        let unknown = || Problem::Value {
            option: "-b",
            value: word.to_owned(),
            allowed: "flags of the scheduler",
        };
        flags = flags | found.ok_or_else(unknown)?;
    }
    let persistence = match options.persistence() {
        Some(seconds) => {
            let granularity = granularity(key.family(), options.granularity())?;
            Some(Persistence { seconds, granularity })
        }
        None => None,
    };
    let engine = options.engine().map(|text| name("--pe", text)).transpose()?;
    Ok(Service { key, scheduler, flags, persistence, engine })
}

fn granularity(family: Family, text: Option<&str>) -> Result<Granularity, Problem> {
    let Some(text) = text else { return Ok(Granularity::host(family)) };
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

/// `ipvsadm` gives a server that gets packets as they are the port of its service, whatever is written.
fn check_port(key: &ServiceKey, destination: &Destination) -> Result<(), Problem> {
    let ServiceKey::Address { port, .. } = *key else { return Ok(()) };
    let is_as_it_is =
        matches!(destination.forwarding, Forwarding::DirectRouting | Forwarding::Tunnel(_));
    if is_as_it_is && destination.key.port != port {
        let server = destination.key.port;
        return Err(Problem::Port { server, service: port });
    }
    Ok(())
}

fn destination(options: &Options<'_>) -> Result<Destination, Problem> {
    let socket = options.server()?;
    let (upper_threshold, lower_threshold) = options.thresholds();
    Ok(Destination {
        key: DestinationKey::new(socket.ip(), socket.port()),
        forwarding: options.forwarding()?,
        weight: options.weight(),
        upper_threshold,
        lower_threshold,
    })
}
