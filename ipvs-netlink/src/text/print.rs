//! As `ipvsadm -S -n` prints them.

use std::fmt;
use std::net::IpAddr;

use crate::change::Change;
use crate::daemon::{Daemon, DaemonRole};
use crate::destination::{Destination, DestinationKey, Forwarding, Tunnel, TunnelChecksum};
use crate::flags::ServiceFlags;
use crate::scheduler::Scheduler;
use crate::service::{Family, Granularity, Protocol, Service, ServiceKey};
use crate::table::Table;

/// `-t 192.0.2.1:80`, `-f 7 -6`.
impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { protocol, address, port } => {
                let option = match protocol {
                    Protocol::Tcp => "-t",
                    Protocol::Udp => "-u",
                    Protocol::Sctp => "--sctp-service",
                };
                write!(f, "{option} {}", Socket(*address, *port))
            }
            Self::FirewallMark { family, mark } => {
                let family = if *family == Family::Ipv6 { " -6" } else { "" };
                write!(f, "-f {mark}{family}")
            }
        }
    }
}

/// `10.0.0.1:80`, `[fd00::1]:80`.
impl fmt::Display for DestinationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Socket(self.address, self.port).fmt(f)
    }
}

struct Socket(IpAddr, u16);

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}:{}", self.1),
            IpAddr::V6(address) => write!(f, "[{address}]:{}", self.1),
        }
    }
}

/// What follows the key: `-s wrr -p 600`.
struct Settings<'a>(&'a Service);

impl fmt::Display for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Service { key, scheduler, flags, persistence, engine } = self.0;
        write!(f, "-s {}", scheduler.as_ref().map_or("none", Scheduler::name))?;
        if let Some(persistence) = persistence {
            write!(f, " -p {}", persistence.seconds)?;
            if persistence.granularity != Granularity::host(key.family()) {
                match persistence.granularity {
                    Granularity::Netmask(mask) => write!(f, " -M {mask}")?,
                    Granularity::PrefixLength(length) => write!(f, " -M {length}")?,
                }
            }
        }
        if let Some(engine) = engine {
            write!(f, " --pe {engine}")?;
        }
        if flags.contains(ServiceFlags::ONE_PACKET) {
            f.write_str(" -o")?;
        }
        let set: Vec<&str> = flags.names(scheduler.as_ref()).collect();
        if set.is_empty() {
            return Ok(());
        }
        write!(f, " -b {}", set.join(","))
    }
}

/// What `-a` and `-e` have behind the service: `-r 10.0.0.1:80 -m -w 1`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.forwarding {
            Forwarding::Masquerade => "-m",
            Forwarding::DirectRouting => "-g",
            Forwarding::Tunnel(_) => "-i",
            // ipvsadm has no words for these.
            Forwarding::Local => "--local",
            Forwarding::Bypass => "--bypass",
        };
        write!(f, "-r {} {method} -w {}", self.key, self.weight)?;
        if (self.upper_threshold, self.lower_threshold) != (0, 0) {
            write!(f, " -x {} -y {}", self.upper_threshold, self.lower_threshold)?;
        }
        let Forwarding::Tunnel(tunnel) = self.forwarding else { return Ok(()) };
        let checksum = match tunnel {
            Tunnel::Ipip => return f.write_str(" --tun-type ipip"),
            Tunnel::Gue { port, checksum } => {
                write!(f, " --tun-type gue --tun-port {port}")?;
                checksum
            }
            Tunnel::Gre { checksum } => {
                f.write_str(" --tun-type gre")?;
                checksum
            }
        };
        f.write_str(match checksum {
            TunnelChecksum::None => " --tun-nocsum",
            TunnelChecksum::Checksum => " --tun-csum",
            TunnelChecksum::Remote => " --tun-remcsum",
        })
    }
}

/// The line that has `ipvsadm` make the change.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddService(service) => write!(f, "-A {} {}", service.key, Settings(service)),
            Self::EditService(service) => write!(f, "-E {} {}", service.key, Settings(service)),
            Self::DeleteService(key) => write!(f, "-D {key}"),
            Self::AddDestination(key, destination) => write!(f, "-a {key} {destination}"),
            Self::EditDestination(key, destination) => write!(f, "-e {key} {destination}"),
            Self::DeleteDestination(key, destination) => write!(f, "-d {key} -r {destination}"),
            Self::StartDaemon(daemon) => start(f, daemon),
            Self::StopDaemon(role) => write!(f, "--stop-daemon {}", word(*role)),
            Self::SetTimeouts(timeouts) => {
                write!(f, "--set {} {} {}", timeouts.tcp, timeouts.tcp_fin, timeouts.udp)
            }
            Self::Zero(Some(key)) => write!(f, "-Z {key}"),
            Self::Zero(None) => f.write_str("-Z"),
            Self::Flush => f.write_str("-C"),
        }
    }
}

fn word(role: DaemonRole) -> &'static str {
    match role {
        DaemonRole::Master => "master",
        DaemonRole::Backup => "backup",
    }
}

fn start(f: &mut fmt::Formatter<'_>, daemon: &Daemon) -> fmt::Result {
    let Daemon { role, interface, id, longest, group, port, ttl } = daemon;
    let role = word(*role);
    write!(f, "--start-daemon {role} --mcast-interface {interface} --syncid {id}")?;
    if let Some(longest) = longest {
        write!(f, " --sync-maxlen {longest}")?;
    }
    if let Some(group) = group {
        write!(f, " --mcast-group {group}")?;
    }
    if let Some(port) = port {
        write!(f, " --mcast-port {port}")?;
    }
    match ttl {
        Some(ttl) => write!(f, " --mcast-ttl {ttl}"),
        None => Ok(()),
    }
}

/// As `ipvsadm-save` writes it, with thresholds, in the order of the keys.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for server in self.iter() {
            writeln!(f, "-A {} {}", server.service().key, Settings(server.service()))?;
            for destination in server.destinations() {
                writeln!(f, "-a {} {destination}", server.service().key)?;
            }
        }
        Ok(())
    }
}
