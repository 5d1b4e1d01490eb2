//! Three machines on a LAN: director, keepalived, FRR.

use std::fmt::Write;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use lab::namespaces::Lan;
use lab::node::NodeConfig;
use lab::peers::{Daemon, Peer};
use nix::sys::signal::Signal;

pub(crate) const DIRECTOR: u8 = 0;
pub(crate) const KEEPALIVED: u8 = 1;
pub(crate) const FRR: u8 = 2;

/// Each leads a third of the routers.
const PRIORITIES: [u8; 3] = [100, 150, 200];

pub(crate) struct Machines {
    pub(crate) lan: Lan,
    pub(crate) routers: u8,
    pub(crate) director: Daemon,
    pub(crate) keepalived: Daemon,
    pub(crate) frr: Peer,
    pub(crate) runs: [bool; 3],
    /// By how much director and keepalived turn their priorities.
    pub(crate) turn: [u8; 2],
}

impl Machines {
    pub(crate) fn start(director: &Path, routers: u8) -> io::Result<Self> {
        let lan = Lan::new(3)?;
        let configs: Vec<NodeConfig> = (1..=routers)
            .map(|vrid| NodeConfig {
                version: 3,
                vrid,
                priority: priority(vrid, FRR, 0),
                interval: 100,
                addresses: vec![format!("{}/32", address(vrid))],
                authentication: "none".into(),
                secret: String::new(),
            })
            .collect();
        let mut machines = Self {
            director: Daemon::new(director, &configuration(routers, DIRECTOR, 0))?,
            keepalived: Daemon::keepalived(&configuration(routers, KEEPALIVED, 0))?,
            frr: Peer::frr(&configs)?,
            lan,
            routers,
            runs: [false; 3],
            turn: [0; 2],
        };
        machines.heal()?;
        Ok(machines)
    }

    /// Everything that is off is started, and every cable put in.
    pub(crate) fn heal(&mut self) -> io::Result<()> {
        for host in 0..3 {
            self.lan.set_cable(host, true)?;
            if !std::mem::replace(&mut self.runs[usize::from(host)], true) {
                let at = self.lan.host(host);
                match host {
                    DIRECTOR => self.director.start(at)?,
                    KEEPALIVED => self.keepalived.start(at)?,
                    _ => self.frr.start(at)?,
                }
            }
        }
        Ok(())
    }

    /// The machine is gone from one moment to the next.
    pub(crate) fn crash(&mut self, host: u8) -> io::Result<()> {
        if !std::mem::take(&mut self.runs[usize::from(host)]) {
            return Ok(());
        }
        let at = self.lan.host(host);
        match host {
            DIRECTOR => self.director.kill()?,
            KEEPALIVED => self.keepalived.kill()?,
            _ => return self.frr.kill(at),
        }
        // What a crash leaves behind a boot does not.
        for vrid in 1..=self.routers {
            // Backups have none.
            let _ = at.command(&[
                "ip",
                "address",
                "del",
                &format!("{}/32", address(vrid)),
                "dev",
                "eth0",
            ]);
        }
        Ok(())
    }

    /// The process ends as it should; FRR's machine crashes.
    pub(crate) fn stop(&mut self, host: u8) -> io::Result<()> {
        let daemon = match host {
            DIRECTOR => &mut self.director,
            KEEPALIVED => &mut self.keepalived,
            _ => return self.crash(host),
        };
        if std::mem::take(&mut self.runs[usize::from(host)]) {
            daemon.stop(Duration::from_secs(20))?;
        }
        Ok(())
    }

    /// Another configuration; FRR has none.
    pub(crate) fn reload(&mut self, host: u8, turn: u8) -> io::Result<()> {
        let daemon = match host {
            DIRECTOR => &self.director,
            KEEPALIVED => &self.keepalived,
            _ => return Ok(()),
        };
        self.turn[usize::from(host)] = turn;
        daemon.configure(&configuration(self.routers, host, turn))?;
        match self.runs[usize::from(host)] {
            true => daemon.signal(Signal::SIGHUP),
            false => Ok(()),
        }
    }

    pub(crate) fn process(&self, host: u8) -> Option<u32> {
        match host {
            DIRECTOR => self.director.process_id(),
            KEEPALIVED => self.keepalived.process_id(),
            _ => self.frr.process_id(),
        }
    }

    /// The priority that a machine has for a router now.
    pub(crate) fn priority(&self, vrid: u8, host: u8) -> u8 {
        let turn = self.turn.get(usize::from(host)).copied().unwrap_or(0);
        priority(vrid, host, turn)
    }
}

/// Of a third each; turned, it is a little less, so that no two are equal.
fn priority(vrid: u8, host: u8, turn: u8) -> u8 {
    let place = usize::from(vrid) + usize::from(host) + usize::from(turn);
    PRIORITIES[place % PRIORITIES.len()] - host
}

pub(crate) fn address(vrid: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 1, vrid)
}

fn configuration(routers: u8, host: u8, turn: u8) -> String {
    let mut text = String::from("global_defs {\n}\n");
    for vrid in 1..=routers {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "vrrp_instance V{vrid} {{\n state BACKUP\n interface eth0\n version 3\n virtual_router_id {vrid}\n \
             priority {}\n advert_int 1\n virtual_ipaddress {{\n {}/32\n }}\n}}",
            priority(vrid, host, turn),
            address(vrid),
        );
    }
    text
}
