//! The table of IPVS as ipvsadm shows, saves and restores it: `ipvs -Ln`, `ipvs -S >FILE`, `ipvs -R <FILE`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::error::Error;
use std::fmt::Write;
use std::process::ExitCode;

use ipvs_netlink::{
    Family, Forwarding, Granularity, Ipvs, Plan, Scheduler, Scope, Service, ServiceFlags,
    ServiceKey, Table,
};

const USAGE: &str = "usage: ipvs -Ln | -S | -R";

fn main() -> ExitCode {
    examples::exit("ipvs", run())
}

fn run() -> Result<(), Box<dyn Error>> {
    let option = std::env::args().nth(1).ok_or(USAGE)?;
    match option.as_str() {
        "-Ln" => list(&mut Ipvs::open()?),
        "-S" => {
            print!("{}", Ipvs::open()?.read()?);
            Ok(())
        }
        "-R" => restore(&mut Ipvs::open()?, &std::io::read_to_string(std::io::stdin())?),
        _ => Err(USAGE.into()),
    }
}

/// Adds what the lines say to what is there.
fn restore(ipvs: &mut Ipvs, text: &str) -> Result<(), Box<dyn Error>> {
    let added: Table = text.parse()?;
    let plan = Plan::new(&Table::new(), &added, &Scope::All);
    let outcomes = ipvs.apply(plan.changes())?;
    let mut refused = 0;
    for (change, outcome) in plan.changes().iter().zip(outcomes) {
        if let Err(error) = outcome {
            eprintln!("{change}: {error}");
            refused += 1;
        }
    }
    if refused == 0 { Ok(()) } else { Err(format!("{refused} lines were refused").into()) }
}

fn list(ipvs: &mut Ipvs) -> Result<(), Box<dyn Error>> {
    let info = ipvs.info()?;
    let (major, minor, patch) = info.version;
    let size = info.connection_table_size;
    println!("IP Virtual Server version {major}.{minor}.{patch} (size={size})");
    println!("Prot LocalAddress:Port Scheduler Flags");
    println!("  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn");
    for entry in ipvs.services()? {
        println!("{}", service_line(&entry.service)?);
        for entry in ipvs.destinations(&entry.service.key)? {
            let destination = entry.destination;
            let method = match destination.forwarding {
                Forwarding::Masquerade => "Masq",
                Forwarding::DirectRouting => "Route",
                Forwarding::Tunnel(_) => "Tunnel",
                Forwarding::Local => "Local",
                Forwarding::Bypass => "Bypass",
                _ => "Unknown",
            };
            println!(
                "  -> {:<28} {method:<7} {:<6} {:<10} {:<10}",
                destination.key.to_string(),
                destination.weight,
                entry.active_connections,
                entry.inactive_connections,
            );
        }
    }
    Ok(())
}

fn service_line(service: &Service) -> Result<String, std::fmt::Error> {
    let mut line = match service.key {
        ServiceKey::Address { protocol, .. } => {
            // The key is printed as an option and its value.
            let key = service.key.to_string();
            format!("{protocol:<4} {}", key.split(' ').next_back().unwrap_or_default())
        }
        ServiceKey::FirewallMark { mark, .. } => {
            let is_ipv6 = service.key.family() == Family::Ipv6;
            format!("FWM  {mark}{}", if is_ipv6 { " IPv6" } else { "" })
        }
    };
    write!(line, " {}", service.scheduler.as_ref().map_or("none", Scheduler::name))?;
    let flags: Vec<&str> = service.flags.names(service.scheduler.as_ref()).collect();
    if !flags.is_empty() {
        write!(line, " ({})", flags.join(","))?;
    }
    if let Some(persistence) = service.persistence {
        write!(line, " persistent {}", persistence.seconds)?;
        if persistence.granularity != Granularity::host(service.key.family()) {
            match persistence.granularity {
                Granularity::Netmask(mask) => write!(line, " mask {mask}")?,
                Granularity::PrefixLength(length) => write!(line, " mask {length}")?,
            }
        }
    }
    if let Some(engine) = &service.engine {
        write!(line, " pe {engine}")?;
    }
    if service.flags.contains(ServiceFlags::ONE_PACKET) {
        line.push_str(" ops");
    }
    Ok(line)
}
