use ipvs_netlink::{Plan, Scope, Table};

/// Lines of ipvsadm-save: what is read is printed so that it is read the same.
pub fn ipvs_text(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let Ok(table) = text.parse::<Table>() else { return };
    assert_eq!(table.to_string().parse().as_ref(), Ok(&table));
    assert!(Plan::new(&table, &table, &Scope::All).is_empty());
    assert_eq!(Plan::new(&Table::new(), &table, &Scope::All).to_string(), table.to_string());
}
