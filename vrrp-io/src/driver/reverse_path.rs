//! `rp_filter` of all interfaces, which would be stronger than that of ours.

use netlink_addr::{Ipv4Setting, LinkSettings, RouteTable};

use super::sysctl;

const ALL: &str = "ipv4/conf/all/rp_filter";
const DEFAULT: &str = "ipv4/conf/default/rp_filter";

/// The kernel takes the larger of an interface's value and that of all. Where the latter is not zero, every
/// interface gets it as its own, and then it can be zero: only ours are without.
#[derive(Debug, Default)]
pub(super) struct ReversePath(Option<Before>);

#[derive(Debug)]
struct Before {
    all: u32,
    default: u32,
    /// By the index of the interface.
    each: Vec<(u32, u32)>,
}

impl ReversePath {
    pub(super) fn relax(&mut self, table: &mut RouteTable) {
        let Ok(all) = sysctl::get(ALL) else { return };
        if all == 0 || self.0.is_some() {
            return;
        }
        let Ok(links) = table.links() else { return };
        let default = sysctl::get(DEFAULT).unwrap_or(0);
        let weaker = links.iter().filter_map(|link| {
            let value = link.ipv4_setting(Ipv4Setting::ReversePathFilter)?;
            (value < all).then_some((link.index, value))
        });
        let each: Vec<(u32, u32)> = weaker.collect();
        let set = |(index, _): &(u32, u32)| {
            LinkSettings::new(*index).ipv4(Ipv4Setting::ReversePathFilter, all)
        };
        let settings: Vec<LinkSettings> = each.iter().map(set).collect();
        if let Err(error) = table.change_links(&settings) {
            let error = crate::error::chain(&error);
            tracing::warn!(error, "rp_filter of all interfaces stays as it is");
            return;
        }
        sysctl::set(DEFAULT, default.max(all));
        sysctl::set(ALL, 0);
        self.0 = Some(Before { all, default, each });
    }

    pub(super) fn restore(&mut self, table: &mut RouteTable) {
        let Some(Before { all, default, each }) = self.0.take() else { return };
        sysctl::set(ALL, all);
        sysctl::set(DEFAULT, default);
        let set = |(index, value): &(u32, u32)| {
            LinkSettings::new(*index).ipv4(Ipv4Setting::ReversePathFilter, *value)
        };
        let settings: Vec<LinkSettings> = each.iter().map(set).collect();
        if let Err(error) = table.change_links(&settings) {
            let error = crate::error::chain(&error);
            tracing::warn!(error, "rp_filter could not be restored");
        }
    }
}
