use netlink_conn::Attributes;

/// Attributes from a kernel that cannot be trusted: each lies within the octets, and they end.
pub fn netlink(octets: &[u8]) {
    walk(octets, 4);
}

fn walk(octets: &[u8], depth: u8) {
    let mut total = 0;
    for (kind, value) in Attributes::new(octets) {
        assert!(kind <= 0x3fff);
        total += 4 + value.len();
        assert!(total <= octets.len());
        if depth > 0 {
            walk(value, depth - 1);
        }
    }
}
