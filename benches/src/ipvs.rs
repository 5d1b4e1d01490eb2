//! A service and a destination of IPVS, and what a kernel says of them.

use ipvs_netlink::{Change, DestinationEntry, Family, Plan, Scope, ServiceEntry, Table};
use netlink_conn::Batch;

/// The payload of a message of the kernel, with 64-bit counters.
pub const SERVICE: &[u8] = include_bytes!("../../fuzz/seeds/ipvs/service");
/// The same, with a tunnel.
pub const DESTINATION: &[u8] = include_bytes!("../../fuzz/seeds/ipvs/destination");

/// Changes that add a service and a destination with all settings.
pub fn additions() -> [Change; 2] {
    let text = "-A -t 192.0.2.1:80 -s wrr -p 300\n\
                -a -t 192.0.2.1:80 -r [fd00::1]:80 -i -w 3 -x 9 -y 5 --tun-type gue --tun-port 6080 --tun-csum\n";
    let wanted = text.parse().expect("a table");
    let plan = Plan::new(&Table::new(), &wanted, &Scope::All);
    plan.changes().to_vec().try_into().expect("two changes")
}

/// Writes a change where another was.
pub fn encode(change: &Change, batch: &mut Batch) -> usize {
    batch.clear();
    change.encode(0, batch).expect("the kernel takes it");
    batch.octets().len()
}

/// Reads a service.
pub fn service(payload: &[u8]) -> ServiceEntry {
    ServiceEntry::decode(payload).expect("a service")
}

/// Reads a destination.
pub fn destination(payload: &[u8]) -> DestinationEntry {
    DestinationEntry::decode(Family::Ipv6, payload).expect("a destination")
}
