use ipvs_netlink::{DestinationEntry, Family, ServiceEntry};

/// Answers of the kernel about IPVS, cut short, out of order, or from a kernel to come.
pub fn ipvs(octets: &[u8]) {
    if let Some(entry) = ServiceEntry::decode(octets) {
        // What it is is known however little the message has.
        let _ = (entry.service.key.family(), format!("{entry:?}"));
    }
    for family in [Family::Ipv4, Family::Ipv6] {
        let _ = DestinationEntry::decode(family, octets).map(|entry| format!("{entry:?}"));
    }
}
