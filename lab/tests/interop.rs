//! Our router and a real keepalived, our router and FRR's vrrpd: they elect, fail over, preempt and hand
//! over, in both roles, and tshark finds nothing wrong in what was said.
//!
//! Needs root, keepalived, frr, tshark and iproute2, and fails without.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use lab::Folder;
use lab::namespaces::{Capture, Lan};
use lab::node::{Node, NodeConfig};
use lab::peers::{Implementation, Peer, find_program};

const NODE: &str = env!("CARGO_BIN_EXE_lab-node");
const LONG: Duration = Duration::from_secs(15);
const OURS: u8 = 0;
const PEER: u8 = 1;
const CLIENT: u8 = 2;

struct Case {
    implementation: Implementation,
    version: u8,
    interval: u16,
    authentication: &'static str,
    addresses: &'static [&'static str],
}

struct Run {
    lan: Lan,
    capture: Capture,
    /// The address that the client asks for.
    target: IpAddr,
    ours: NodeConfig,
    node: Option<Node>,
    peer: Peer,
    /// Our router was killed: its host still has the address, behind a cable that is out.
    is_crashed: bool,
}

impl Run {
    fn new(case: &Case, our_priority: u8, peer_priority: u8) -> Self {
        let lan = Lan::new(3).unwrap();
        let capture = lan.capture().unwrap();
        let config = |priority| NodeConfig {
            version: case.version,
            vrid: 51,
            priority,
            interval: case.interval,
            addresses: case.addresses.iter().map(ToString::to_string).collect(),
            authentication: case.authentication.into(),
            secret: "secret".into(),
        };
        let last = case.addresses.last().unwrap().split('/').next().unwrap();
        let peer = Peer::new(case.implementation, &config(peer_priority)).unwrap();
        let (target, ours) = (last.parse().unwrap(), config(our_priority));
        Self { lan, capture, target, ours, node: None, peer, is_crashed: false }
    }

    fn start_ours(&mut self) {
        let node = Node::start(self.lan.host(OURS), NODE.into(), &self.ours).unwrap();
        self.node = Some(node);
    }

    fn start_peer(&mut self) {
        self.peer.start(self.lan.host(PEER)).unwrap();
    }

    fn node(&mut self) -> &mut Node {
        self.node.as_mut().unwrap()
    }

    /// Waits until one router alone advertises, and the client's cache has its link-layer address. A
    /// client that knows none asks; after that only announcements change its mind.
    fn assert_active(&mut self, host: u8, when: &str) {
        let end = Instant::now() + LONG;
        let ours: [IpAddr; 2] = [self.lan.host(OURS).ipv4().into(), link_local(&self.lan)];
        let expected = match host {
            OURS => self.lan.host(OURS).mac(),
            _ => self.peer.mac(self.lan.host(PEER)),
        };
        let expected = expected.map(|octet| format!("{octet:02x}")).join(":");
        let mut neighbour = None;
        loop {
            let known = self.capture.frames_after(0);
            let last: Vec<bool> = known
                .iter()
                .rev()
                .filter_map(lab::Frame::advertisement)
                .take(3)
                .map(|(source, _, priority)| {
                    (ours.contains(&source) == (host == OURS)) && priority > 0
                })
                .collect();
            let is_alone = last.len() == 3 && last.iter().all(|is_right| *is_right);
            if is_alone {
                neighbour = self.lan.host(CLIENT).neighbour(self.target).unwrap();
                if neighbour.as_ref() == Some(&expected) {
                    break;
                }
                if neighbour.is_none() {
                    self.ask();
                }
            }
            assert!(
                Instant::now() < end,
                "{when}: host {host} is not the only one that advertises ({last:?}), or the client \
                 sends to {neighbour:?} and not {expected}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let holds = self.lan.host(OURS).addresses().unwrap().contains(&self.target);
        assert_eq!(
            holds,
            host == OURS || self.is_crashed,
            "{when}: our router holds the address, or not"
        );
    }

    fn ask(&self) {
        let target = self.target.to_string();
        // Whoever is asked need not answer; a cache entry is made in any case.
        let _ = self.lan.host(CLIENT).command(&["ping", "-c1", "-W1", &target]);
    }

    /// What was said is well-formed, in tshark's judgement.
    fn assert_well_formed(self) {
        let folder = Folder::new().unwrap();
        let file = folder.path().join("capture.pcap");
        let frames = self.capture.stop();
        lab::write_pcap(&file, &frames).unwrap();
        let tshark = find_program("tshark").unwrap();
        let count = |filter: &str| {
            let output = std::process::Command::new(&tshark)
                .args(["-o", "ip.check_checksum:TRUE", "-r"])
                .arg(&file)
                .args(["-Y", filter])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let adverts = count("vrrp").lines().count();
        assert!(adverts > 12, "only {adverts} advertisements");
        let wrong = "_ws.malformed || vrrp.checksum.status == 0 || ip.checksum.status == 0 \
                     || icmpv6.checksum.status == 0";
        assert_eq!(count(wrong), "");
    }
}

/// The link-local address that the kernel made from our MAC.
fn link_local(lan: &Lan) -> IpAddr {
    let [a, b, c, d, e, f] = lan.host(OURS).mac().map(u16::from);
    let words = [0xfe80, 0, 0, 0, (a ^ 2) << 8 | b, c << 8 | 0xff, 0xfe00 | d, e << 8 | f];
    IpAddr::from(words)
}

fn ours_is_higher(case: &Case) {
    let mut run = Run::new(case, 200, 100);
    run.start_peer();
    run.start_ours();
    run.node().wait_for("Active", LONG).unwrap();
    run.assert_active(OURS, "elected");

    run.node().kill().unwrap();
    run.lan.set_cable(OURS, false).unwrap();
    run.is_crashed = true;
    run.assert_active(PEER, "our router died");

    // The new process takes off what the crash left, before the cable is back.
    run.start_ours();
    run.node().wait_for("Fault", LONG).unwrap();
    run.is_crashed = false;
    run.lan.set_cable(OURS, true).unwrap();
    run.node().wait_for("Active", LONG).unwrap();
    run.assert_active(OURS, "preempts");

    run.node().terminate().unwrap();
    run.assert_active(PEER, "our router handed over");
    run.assert_well_formed();
}

fn ours_is_lower(case: &Case) {
    let mut run = Run::new(case, 100, 200);
    run.start_ours();
    run.start_peer();
    run.node().wait_for("Backup", LONG).unwrap();
    run.assert_active(PEER, "elected");

    run.lan.set_cable(PEER, false).unwrap();
    run.peer.kill(run.lan.host(PEER)).unwrap();
    run.node().wait_for("Active", LONG).unwrap();
    run.assert_active(OURS, "the peer died");

    run.lan.set_cable(PEER, true).unwrap();
    run.start_peer();
    run.node().wait_for("Backup", LONG).unwrap();
    run.assert_active(PEER, "the peer preempts");

    let stopped = Instant::now();
    run.peer.terminate().unwrap();
    run.node().wait_for("Active", LONG).unwrap();
    // Skew_Time of priority 100 in VRRPv2 and in 1 s intervals; silence would take 3.6 s.
    assert!(stopped.elapsed() < Duration::from_secs(2), "the peer handed over");
    run.assert_active(OURS, "the peer handed over");
    run.node().terminate().unwrap();
    run.assert_well_formed();
}

/// Nobody restarts: what each has counted and remembers has to fit when they meet again.
fn the_cable_is_pulled(case: &Case) {
    let mut run = Run::new(case, 200, 100);
    run.start_peer();
    run.start_ours();
    run.node().wait_for("Active", LONG).unwrap();
    run.assert_active(OURS, "elected");
    for _ in 0..2 {
        run.lan.set_cable(OURS, false).unwrap();
        run.node().wait_for("Fault", LONG).unwrap();
        run.assert_active(PEER, "our cable is pulled");
        run.lan.set_cable(OURS, true).unwrap();
        run.node().wait_for("Active", LONG).unwrap();
        run.assert_active(OURS, "our cable is back");
    }
    run.node().terminate().unwrap();
    run.assert_well_formed();
}

const IPV4: &[&str] = &["10.77.0.100/24"];
const IPV6: &[&str] = &["fe80::100/64", "fd77::100/64"];

macro_rules! cases {
    ($($name:ident: $case:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn ours_is_higher() {
                super::ours_is_higher(&$case);
            }

            #[test]
            fn the_cable_is_pulled() {
                super::the_cable_is_pulled(&$case);
            }

            #[test]
            fn ours_is_lower() {
                super::ours_is_lower(&$case);
            }
        }
    )*};
}

const fn keepalived(
    version: u8,
    authentication: &'static str,
    addresses: &'static [&'static str],
) -> Case {
    let interval = if version == 2 { 1 } else { 20 };
    let implementation = Implementation::Keepalived;
    Case { implementation, version, interval, authentication, addresses }
}

const fn frr(addresses: &'static [&'static str]) -> Case {
    let implementation = Implementation::Frr;
    Case { implementation, version: 3, interval: 20, authentication: "none", addresses }
}

cases! {
    keepalived_v2: keepalived(2, "none", IPV4);
    keepalived_v2_password: keepalived(2, "pass", IPV4);
    keepalived_v2_ah: keepalived(2, "ah", IPV4);
    keepalived_v3_ipv4: keepalived(3, "none", IPV4);
    keepalived_v3_ipv6: keepalived(3, "none", IPV6);
    frr_v3_ipv4: frr(IPV4);
    frr_v3_ipv6: frr(IPV6);
}
