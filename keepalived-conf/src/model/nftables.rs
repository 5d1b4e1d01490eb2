//! `nftables` and its kin.

use std::num::NonZeroU32;

use crate::tree::Section;

/// The first mark that is given to a group of services where nothing is said.
const FIRST_MARK: NonZeroU32 = NonZeroU32::new(1000).expect("it is no zero");

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

/// `nftables_ipvs` and its kin: each `virtual_server_group` becomes one service, by a mark that nftables gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NftablesIpvs {
    /// `nftables_ipvs`: the name of the table.
    pub table: String,
    /// `nftables_ipvs_priority`: the place of its chain among others.
    pub priority: i32,
    /// `nftables_ipvs_start_fwmark`: the first mark that is given.
    pub first_mark: NonZeroU32,
}

impl NftablesIpvs {
    /// `None` where `nftables_ipvs` is not said.
    pub(super) fn read(section: &Section) -> Option<Self> {
        if !section.has("nftables_ipvs") {
            return None;
        }
        let priority = section.integer("nftables_ipvs_priority");
        let mark = section.integer("nftables_ipvs_start_fwmark");
        let mark = mark.and_then(|mark| u32::try_from(mark).ok()).and_then(NonZeroU32::new);
        Some(Self {
            table: section.text("nftables_ipvs").unwrap_or("keepalived_ipvs").to_owned(),
            priority: priority.and_then(|priority| priority.try_into().ok()).unwrap_or(-1),
            first_mark: mark.unwrap_or(FIRST_MARK),
        })
    }
}
