//! What `vip` costs in memory, beside a keepalived with the same virtual router.
//!
//! Needs root and keepalived, and fails without.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lab::namespaces::Lan;
use lab::node::NodeConfig;
use lab::peers::{Implementation, Peer};

/// Resident memory in KiB of the processes in the network namespace of `process`: everything, and with
/// shared pages divided among those who share them.
fn resident(process: u32) -> (u64, u64) {
    let namespace = fs::read_link(format!("/proc/{process}/ns/net")).unwrap();
    let field = |text: &str, name: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or("0 0");
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let mut total = (0, 0);
    for entry in fs::read_dir("/proc").unwrap().map_while(Result::ok) {
        let path = entry.path();
        let is_inside = fs::read_link(path.join("ns/net")).is_ok_and(|other| other == namespace);
        if is_inside && let Ok(text) = fs::read_to_string(path.join("smaps_rollup")) {
            total.0 += field(&text, "Rss:");
            total.1 += field(&text, "Pss:");
        }
    }
    total
}

/// Does not outlive the test.
struct Vip(Child);

impl Drop for Vip {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program as it is shipped: keepalived is, too, and most of what a debug build has in memory is its own
/// text.
fn release_build() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "-p", "examples", "--bin", "vip"])
        .status()
        .unwrap();
    assert!(built.success());
    // target/debug/vip
    let debug = Path::new(env!("CARGO_BIN_EXE_vip"));
    debug.ancestors().nth(2).unwrap().join("release/vip")
}

#[test]
fn half_of_the_memory_of_keepalived() {
    let lan = Lan::new(2).unwrap();
    let is_active = |host: u8| {
        let end = Instant::now() + Duration::from_secs(10);
        while !lan.host(host).addresses().unwrap().contains(&"10.77.0.100".parse().unwrap()) {
            assert!(Instant::now() < end, "host {host} does not take the address");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(500));
    };
    let config = NodeConfig::v3_ipv4(200, 100);
    // One after the other: they would share the address.
    let mut peer = Peer::new(Implementation::Keepalived, &config).unwrap();
    peer.start(lan.host(0)).unwrap();
    is_active(0);
    let keepalived = resident(peer.process_id().unwrap());
    peer.kill(lan.host(0)).unwrap();

    let program = release_build();
    let vip = Vip(lan.host(1).namespace().run(|| {
        Command::new(program)
            .args(["eth0", "51", "200", "10.77.0.100/24"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }));
    is_active(1);
    let ours = resident(vip.0.id());

    println!("vip: {ours:?} KiB (RSS, PSS), keepalived: {keepalived:?} KiB");
    assert!(ours.0 * 2 <= keepalived.0, "RSS: {ours:?}, keepalived {keepalived:?}");
    assert!(ours.1 * 2 <= keepalived.1, "PSS: {ours:?}, keepalived {keepalived:?}");
}
