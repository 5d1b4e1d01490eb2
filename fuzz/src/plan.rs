use std::collections::BTreeSet;
use std::path::Path;

use director::config::{Source, check_in};
use keepalived_conf::Memory;

/// What director makes of any text can be run, or it says why not.
pub fn plan(octets: &[u8]) {
    let path = Path::new("/keepalived.conf");
    let files = Memory::new()
        .with(path, octets)
        .with("/part.conf", &b"vrrp_instance P { virtual_router_id 9 }\n"[..]);
    let mut source = Source::new(path);
    source.config_id = "fuzz".into();
    // Namespaces are this machine's.
    source.is_inside = true;
    let checked = check_in(&files, &source).expect("a file in memory can be read");
    let plan = &checked.plan;
    let mut routers = BTreeSet::new();
    for planned in &plan.routers {
        let config = &planned.config;
        let vrid = config.router().vrid().get();
        assert_eq!(vrid, planned.instance.vrid);
        let is_new = routers.insert((config.interface(), planned.instance.is_ipv6, vrid));
        assert!(is_new || !checked.can_run(), "two routers of one VRID on {}", config.interface());
        assert!(config.router().only_elects() || !config.addresses().is_empty());
        if let Some(group) = config.group() {
            assert!(plan.groups.iter().any(|planned| planned.group.name == group));
        }
    }
    for pool in &plan.pools {
        assert!(!pool.services.is_empty());
        for server in &pool.servers {
            assert_eq!(
                server.destination.weight,
                i32::try_from(server.line.weight).unwrap_or(i32::MAX)
            );
        }
    }
    // It has no secret in it, and can be had of anything.
    let _ = format!("{plan:?}");
    assert!(checked.exit_status() == 0 || !checked.diagnostics.is_empty());
}
