//! FRR: zebra and vrrpd, which want a macvlan interface with the virtual MAC and the addresses on it.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::{User, chown};

use super::process::{Process, find_program};
use crate::folder::Folder;
use crate::namespaces::Host;
use crate::node::NodeConfig;

/// The account that Debian's package makes; as root vrrpd refuses to run.
const USER: &str = "frr";

#[derive(Debug)]
pub(super) struct Frr {
    zebra: PathBuf,
    vrrpd: PathBuf,
    configs: Vec<NodeConfig>,
    /// The folder goes after the processes that write into it.
    running: Option<(Process, Process, Folder)>,
}

impl Frr {
    pub(super) fn new(configs: &[NodeConfig]) -> io::Result<Self> {
        let (zebra, vrrpd) = (find_program("zebra")?, find_program("vrrpd")?);
        Ok(Self { zebra, vrrpd, configs: configs.to_vec(), running: None })
    }

    pub(super) fn start(&mut self, host: &Host) -> io::Result<()> {
        let folder = folder()?;
        for config in &self.configs {
            make_macvlan(host, config)?;
        }
        let zebra = start_zebra(host, &self.zebra, &folder)?;
        let routers: String = self.configs.iter().map(text).collect();
        let text = format!("interface eth0\n{routers}exit\n");
        let vrrpd = start_daemon(host, &self.vrrpd, &folder, &text, &[])?;
        self.running = Some((vrrpd, zebra, folder));
        Ok(())
    }

    /// The whole machine: a vrrpd that finds the interfaces of an earlier one does not always work.
    pub(super) fn kill(&mut self, host: &Host) -> io::Result<()> {
        if let Some((mut vrrpd, mut zebra, _folder)) = self.running.take() {
            vrrpd.kill()?;
            zebra.kill()?;
        }
        for config in &self.configs {
            host.command(&["ip", "link", "del", &macvlan(config)])?;
        }
        Ok(())
    }

    pub(super) fn process_id(&self) -> Option<u32> {
        self.running.as_ref().map(|(vrrpd, ..)| vrrpd.id())
    }

    pub(super) fn terminate(&mut self) -> io::Result<()> {
        self.running.as_ref().map_or(Ok(()), |(vrrpd, ..)| vrrpd.signal(Signal::SIGTERM))
    }

    /// That of its first router.
    pub(super) fn mac(&self) -> [u8; 6] {
        self.configs.first().map(mac).unwrap_or_default()
    }
}

/// The virtual MAC address (RFC 9568 section 7.3).
fn mac(config: &NodeConfig) -> [u8; 6] {
    [0, 0, 0x5e, 0, if is_ipv6(config) { 2 } else { 1 }, config.vrid]
}

fn macvlan(config: &NodeConfig) -> String {
    format!("vrrp{}", config.vrid)
}

/// A folder that FRR's account may write to.
pub(super) fn folder() -> io::Result<Folder> {
    let folder = Folder::new()?;
    let user = User::from_name(USER)?.ok_or_else(|| io::Error::other("no account frr"))?;
    chown(folder.path(), Some(user.uid), Some(user.gid))?;
    Ok(folder)
}

/// The daemon that all others of FRR learn of interfaces from.
pub(super) fn start_zebra(host: &Host, program: &Path, folder: &Folder) -> io::Result<Process> {
    let zebra = start_daemon(host, program, folder, "", &[])?;
    let end = Instant::now() + Duration::from_secs(10);
    while !Path::new(&folder.file("zserv.api")).exists() {
        if Instant::now() > end {
            return Err(io::Error::other("zebra does not start"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // It listens before it knows the interfaces.
    std::thread::sleep(Duration::from_millis(300));
    Ok(zebra)
}

/// One of FRR's daemons with its part of a configuration.
pub(super) fn start_daemon(
    host: &Host,
    program: &Path,
    folder: &Folder,
    text: &str,
    more: &[String],
) -> io::Result<Process> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let text = format!("hostname {name}\nlog stdout informational\n{text}");
    fs::write(folder.file(&format!("{name}.conf")), text)?;
    let mut words = words(program, folder, &name);
    words.extend(more.iter().cloned());
    Process::start(host, words, &folder.file(&format!("{name}.log")))
}

fn is_ipv6(config: &NodeConfig) -> bool {
    config.addresses.iter().any(|address| address.contains(':'))
}

fn words(program: &Path, folder: &Folder, name: &str) -> Vec<String> {
    let folder_name = folder.path().to_string_lossy().into_owned();
    let files = [
        ("-f", folder.file(&format!("{name}.conf"))),
        ("-i", folder.file(&format!("{name}.pid"))),
        ("-z", folder.file("zserv.api")),
        ("--vty_socket", folder_name),
        ("-u", USER.into()),
        // No telnet port.
        ("-P", "0".into()),
    ];
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(files.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]));
    words
}

fn make_macvlan(host: &Host, config: &NodeConfig) -> io::Result<()> {
    let (is_ipv6, name) = (is_ipv6(config), macvlan(config));
    // As FRR's manual has it: or the host answers for the addresses with its own MAC.
    host.namespace().run(|| {
        fs::write("/proc/sys/net/ipv4/conf/all/arp_ignore", "1")?;
        fs::write("/proc/sys/net/ipv4/conf/all/arp_announce", "2")
    })?;
    let mac = mac(config).map(|octet| format!("{octet:02x}")).join(":");
    let ip = |words: &str| {
        let words: Vec<&str> = ["ip"].into_iter().chain(words.split(' ')).collect();
        host.command(&words).map(drop)
    };
    ip(&format!("link add name {name} link eth0 type macvlan mode bridge"))?;
    if is_ipv6 {
        // As FRR's manual has it; the routers would share a link-local address otherwise.
        ip(&format!("link set dev {name} addrgenmode random"))?;
    }
    ip(&format!("link set dev {name} address {mac}"))?;
    for address in &config.addresses {
        let nodad = if is_ipv6 { " nodad" } else { "" };
        ip(&format!("address add {address} dev {name}{nodad}"))?;
    }
    ip(&format!("link set {name} up"))
}

fn text(config: &NodeConfig) -> String {
    let NodeConfig { vrid, version, priority, .. } = config;
    let mut text = format!(
        " vrrp {vrid} version {version}\n \
         vrrp {vrid} priority {priority}\n vrrp {vrid} advertisement-interval {}\n",
        u32::from(config.interval) * 10
    );
    let family = if is_ipv6(config) { "ipv6" } else { "ip" };
    for address in &config.addresses {
        let host = address.split('/').next().unwrap_or(address);
        // Writing to a string does not fail.
        let _ = writeln!(text, " vrrp {vrid} {family} {host}");
    }
    text
}
