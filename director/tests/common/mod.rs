//! A LAN with directors and keepalives on it.
#![allow(dead_code, reason = "every test file uses its part")]

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use lab::forge::Forged;
use lab::namespaces::{Host, Lan};
use lab::peers::Daemon;
use vrrp_io::proto::Authentication;

pub(crate) const DIRECTOR: &str = env!("CARGO_BIN_EXE_director");
/// Longer than anything takes, on a machine that does much else.
pub(crate) const LONG: Duration = Duration::from_secs(15);
pub(crate) const VIP: &str = "10.77.0.100";

/// A director with this configuration.
pub(crate) fn director(configuration: &str) -> Daemon {
    Daemon::new(DIRECTOR, configuration).unwrap()
}

/// An instance on `eth0` that advertises ten times a second, with more lines in it.
pub(crate) fn instance(priority: u8, more: &str) -> String {
    named_instance("V", 51, "eth0", VIP, priority, more)
}

/// An advertisement for that instance from a machine that has no business with it.
pub(crate) fn forged(version: u8, priority: u8) -> Forged {
    Forged {
        version,
        source: Ipv4Addr::new(10, 77, 0, 3),
        vrid: 51,
        priority,
        interval: if version == 2 { 1 } else { 10 },
        addresses: vec![VIP.parse().unwrap()],
        ttl: 255,
        authentication: Authentication::None,
    }
}

pub(crate) fn named_instance(
    name: &str,
    vrid: u8,
    interface: &str,
    address: &str,
    priority: u8,
    more: &str,
) -> String {
    format!(
        "vrrp_instance {name} {{\n interface {interface}\n version 3\n virtual_router_id {vrid}\n \
         priority {priority}\n advert_int 0.1\n virtual_ipaddress {{\n {address}/24\n }}\n {more}\n}}\n"
    )
}

/// A block of global definitions.
pub(crate) fn global_defs(lines: &str) -> String {
    format!("global_defs {{\n {lines}\n}}\n")
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// It is so, and stays so for as long.
#[track_caller]
pub(crate) fn always(what: &str, time: Duration, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        assert!(is_so(), "no longer: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What `ip` shows on a host.
pub(crate) fn shown(host: &Host, words: &[&str]) -> String {
    host.command(&[&["ip"], words].concat()).unwrap_or_default()
}

/// Whether any interface of a host has an address.
pub(crate) fn has(host: &Host, address: &str) -> bool {
    let text = shown(host, &["-o", "address"]);
    text.split_whitespace().any(|word| word.split('/').next() == Some(address))
}

pub(crate) fn has_route(host: &Host, words: &[&str]) -> bool {
    !shown(host, &[&["route", "show"], words].concat()).trim().is_empty()
}

/// Ours on host 0 and a keepalived on host 1, whose configurations differ in the priority alone, or in
/// what the closure makes of the host's number and the priority. Each is the better one once: it is
/// elected, loses its cable, and returns.
#[track_caller]
pub(crate) fn in_both_roles(address: &str, configuration: impl Fn(u8, u8) -> String) {
    for ours in [200, 100] {
        let theirs = 300u16 - u16::from(ours);
        let theirs = u8::try_from(theirs).unwrap();
        let (best, other) = if ours > theirs { (0, 1) } else { (1, 0) };
        let lan = Lan::new(3).unwrap();
        let mut daemons = [
            director(&configuration(0, ours)),
            Daemon::keepalived(&configuration(1, theirs)).unwrap(),
        ];
        for number in [0u8, 1] {
            daemons[usize::from(number)].start(lan.host(number)).unwrap();
        }
        let logs = || format!("{}\n---\n{}", daemons[0].log(), daemons[1].log());
        let alone = |number: u8, what: &str| {
            let end = Instant::now() + LONG;
            let is_so = || has(lan.host(number), address) && !has(lan.host(1 - number), address);
            while !is_so() {
                assert!(Instant::now() < end, "host {number} alone, {what}:\n{}", logs());
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        alone(best, "at first");
        let stays = Duration::from_millis(600);
        always("one has it", stays, || {
            has(lan.host(best), address) && !has(lan.host(other), address)
        });
        lan.set_cable(best, false).unwrap();
        alone(other, "when the better one has lost its cable");
        lan.set_cable(best, true).unwrap();
        alone(best, "when it is back");
        for daemon in &mut daemons {
            daemon.stop(LONG).unwrap();
        }
        assert!(!has(lan.host(0), address) && !has(lan.host(1), address), "left behind");
    }
}
