//! keepalived.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::process::{Process, find_program};
use crate::folder::Folder;
use crate::namespaces::Host;
use crate::node::NodeConfig;

#[derive(Debug)]
pub(super) struct Keepalived {
    program: PathBuf,
    folder: Folder,
    addresses: Vec<String>,
    process: Option<Process>,
}

impl Keepalived {
    pub(super) fn new(config: &NodeConfig) -> io::Result<Self> {
        let folder = Folder::new()?;
        fs::write(folder.file("conf"), text(config))?;
        Ok(Self {
            program: find_program("keepalived")?,
            folder,
            addresses: config.addresses.clone(),
            process: None,
        })
    }

    pub(super) fn start(&mut self, host: &Host) -> io::Result<()> {
        let program = self.program.to_string_lossy().into_owned();
        // Without a log daemon syslog would write to the console; -G logs nowhere.
        let mut words = vec![program, "--dont-fork".into(), "--log-console".into(), "-G".into()];
        let files = ["--use-file", "--pid", "--vrrp_pid", "--checkers_pid"];
        for (flag, name) in files.into_iter().zip(["conf", "pid", "vrrp", "check"]) {
            words.extend([flag.into(), self.folder.file(name)]);
        }
        self.process = Some(Process::start(host, words, &self.folder.file("log"))?);
        Ok(())
    }

    pub(super) fn kill(&mut self, host: &Host) -> io::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
        }
        for name in ["pid", "vrrp", "check"] {
            // Not all are written.
            let _ = fs::remove_file(self.folder.file(name));
        }
        for address in &self.addresses {
            // There is none while it is Backup.
            let _ = host.command(&["ip", "address", "del", address, "dev", "eth0"]);
        }
        Ok(())
    }

    pub(super) fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    pub(super) fn terminate(&mut self) -> io::Result<()> {
        self.process.as_ref().map_or(Ok(()), Process::terminate)
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
