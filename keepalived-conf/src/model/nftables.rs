//! `nftables` and its kin.

use crate::tree::Section;

/// Where the rules of the packet filter are that some instances need.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nftables {
    /// `nftables`: the name of the table.
    pub table: String,
    /// `nftables_priority`: the place of its chains among others.
    pub priority: i32,
    /// `nftables_ifindex`: interfaces are matched by their number.
    pub by_index: bool,
    /// `nftables_counters`: what matches is counted.
    pub counters: bool,
}

impl Nftables {
    pub(super) fn read(section: &Section) -> Self {
        let priority = section.integer("nftables_priority");
        Self {
            table: section.text("nftables").unwrap_or("keepalived").to_owned(),
            priority: priority.and_then(|priority| priority.try_into().ok()).unwrap_or(-1),
            by_index: section.has("nftables_ifindex"),
            counters: section.has("nftables_counters"),
        }
    }
}
