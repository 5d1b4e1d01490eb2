//! keepalived.

use std::fmt::Write;
use std::io;

use nix::sys::signal::Signal;

use super::Daemon;
use crate::namespaces::Host;
use crate::node::NodeConfig;

#[derive(Debug)]
pub(super) struct Keepalived {
    daemon: Daemon,
    addresses: Vec<String>,
}

impl Keepalived {
    pub(super) fn new(config: &NodeConfig) -> io::Result<Self> {
        let daemon = Daemon::keepalived(&text(config))?;
        Ok(Self { daemon, addresses: config.addresses.clone() })
    }

    pub(super) fn start(&mut self, host: &Host) -> io::Result<()> {
        self.daemon.start(host)
    }

    pub(super) fn kill(&mut self, host: &Host) -> io::Result<()> {
        self.daemon.kill()?;
        for address in &self.addresses {
            // There is none while it is Backup.
            let _ = host.command(&["ip", "address", "del", address, "dev", "eth0"]);
        }
        Ok(())
    }

    pub(super) fn process_id(&self) -> Option<u32> {
        self.daemon.process_id()
    }

    pub(super) fn terminate(&mut self) -> io::Result<()> {
        self.daemon.signal(Signal::SIGTERM)
    }
}

fn text(config: &NodeConfig) -> String {
    let interval = match config.version {
        2 => config.interval.to_string(),
        _ => format!("{:.2}", f64::from(config.interval) / 100.0),
    };
    let mut text = format!(
        "global_defs {{\n}}\nvrrp_instance V {{\n    state BACKUP\n    interface eth0\n    version {}\n    \
         virtual_router_id {}\n    priority {}\n    advert_int {interval}\n",
        config.version, config.vrid, config.priority
    );
    if config.authentication != "none" {
        let kind = config.authentication.to_uppercase();
        let secret = &config.secret;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "    authentication {{\n        auth_type {kind}\n        auth_pass {secret}\n    }}"
        );
    }
    text += "    virtual_ipaddress {\n";
    for address in &config.addresses {
        let _ = writeln!(text, "        {address}");
    }
    text + "    }\n}\n"
}
