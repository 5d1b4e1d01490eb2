use std::collections::BTreeSet;
use std::path::Path;

use director::config::{Source, check_in};
use keepalived_conf::Memory;

/// What nobody may see.
const SECRET: &str = "q8Zt-w1x";

/// director makes something of any text, and shows no secret of it. When nothing in it is fatal, its routers can be told
/// apart and have what they need.
pub fn plan(octets: &[u8]) {
    let path = Path::new("/keepalived.conf");
    let secret = format!(
        "vrrp_instance S {{\n interface lo\n virtual_router_id 9\n authentication {{\n auth_type PASS\n \
         auth_pass {SECRET}\n }}\n virtual_ipaddress {{\n 10.9.9.9\n }}\n}}\n"
    );
    let files = Memory::new().with(path, octets).with("/part.conf", secret);
    let mut source = Source::new(path);
    source.config_id = "fuzz".into();
    // Namespaces are this machine's.
    source.is_inside = true;
    let checked = check_in(&files, &source).expect("a file in memory can be read");
    let plan = &checked.plan;
    let shown = format!("{plan:?} {:?} {}", checked.diagnostics, checked.diagnostics.render(false));
    assert!(!shown.contains(SECRET), "a secret is shown");
    if !checked.can_run() {
        return;
    }
    let mut routers = BTreeSet::new();
    for planned in &plan.routers {
        let config = &planned.config;
        let identity = (config.interface(), planned.instance.is_ipv6, config.router().vrid().get());
        assert!(routers.insert(identity), "{identity:?} is there twice");
        assert!(!config.interface().is_empty());
        assert!(config.router().only_elects() || !config.addresses().is_empty());
    }
    let mut services = BTreeSet::new();
    for service in plan.pools.iter().flat_map(|pool| &pool.services) {
        assert!(services.insert(service.key), "{:?} is there twice", service.key);
    }
}
