//! Our own routers on real sockets.

use std::time::Duration;

use lab::namespaces::Lan;
use lab::node::{Node, NodeConfig};

const NODE: &str = env!("CARGO_BIN_EXE_lab-node");
const LONG: Duration = Duration::from_secs(10);

fn config(priority: u8) -> NodeConfig {
    NodeConfig {
        version: 3,
        vrid: 51,
        priority,
        interval: 10,
        addresses: vec!["10.77.0.100/24".into()],
        authentication: "none".into(),
        secret: String::new(),
    }
}

#[test]
fn two_routers_elect_one_and_it_is_replaced() {
    let lan = Lan::new(3).unwrap();
    let capture = lan.capture().unwrap();
    let mut high = Node::start(lan.host(0), NODE.into(), &config(200)).unwrap();
    let mut low = Node::start(lan.host(1), NODE.into(), &config(100)).unwrap();
    high.wait_for("Active", LONG).unwrap();
    low.wait_for("Backup", LONG).unwrap();
    high.kill().unwrap();
    lan.set_cable(0, false).unwrap();
    low.wait_for("Active", LONG).unwrap();
    for f in capture.stop() {
        println!("{:?} {:?} {}", f.at, f.advertisement(), f.octets.len());
    }
}
