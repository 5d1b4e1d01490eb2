use std::path::Path;

use keepalived_conf::{Memory, Options};

/// A keepalived.conf that may include itself: it is read to its end, and everything that is wrong with it
/// can be shown.
pub fn configuration(octets: &[u8]) {
    let files = Memory::new()
        .with("keepalived.conf", octets)
        .with("part.conf", &b"vrrp_instance P { virtual_router_id 9 }\n"[..]);
    let mut options = Options::default();
    options.config_id = "fuzz".into();
    options.reads_environment = false;
    options.most_lines = 2_000;
    let outcome = keepalived_conf::read(&files, Path::new("keepalived.conf"), &options)
        .expect("a file in memory can be read");
    let shown = outcome.diagnostics.render(false);
    assert_eq!(shown.is_empty(), outcome.diagnostics.is_empty());
    for instance in &outcome.configuration.instances {
        assert!((1..=255).contains(&instance.vrid) && instance.priority > 0);
        assert!(instance.addresses.len() <= 255);
        assert!(instance.addresses.iter().all(|line| line.address.is_ipv6() == instance.is_ipv6));
    }
    for group in &outcome.configuration.groups {
        assert!(!group.members.is_empty());
    }
    // Neither has a secret in it, and both can be had of anything.
    let _ = format!("{:?}", outcome.diagnostics);
    let _ = format!("{:?}", outcome.configuration);
}
