//! `garp_group`: interfaces that share a limit on announcements.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Entry, Section};

/// Interfaces on which announcements wait for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GarpGroup {
    /// Where it is written.
    pub span: Span,
    /// Its interfaces, none of which is in another group.
    pub interfaces: Vec<String>,
    /// `garp_interval`: from one gratuitous ARP message to the next.
    pub garp_interval: Option<Duration>,
    /// `gna_interval`: from one neighbour advertisement to the next.
    pub gna_interval: Option<Duration>,
}

/// All groups that can do something.
pub(super) fn garp_groups(tree: &Section, diagnostics: &mut Diagnostics) -> Vec<GarpGroup> {
    let mut taken = BTreeSet::new();
    let mut groups = Vec::new();
    for (entry, _, section) in tree.blocks("garp_group") {
        let garp_interval = section.duration("garp_interval");
        let gna_interval = section.duration("gna_interval");
        if garp_interval.is_none() && gna_interval.is_none() {
            let help = "write garp_interval or gna_interval; the group is left out";
            diagnostics.warn(entry.span, "garp_group has no interval", help);
            continue;
        }
        let mut interfaces = Vec::new();
        for (interface, span) in named(section) {
            if taken.insert(interface.to_owned()) {
                interfaces.push(interface.to_owned());
            } else {
                let message = format!("{interface} is in a garp_group already");
                diagnostics.error(span, message, "it stays in the first one");
            }
        }
        if interfaces.is_empty() {
            let help = "write interfaces { INTERFACE … }; the group is left out";
            diagnostics.warn(entry.span, "garp_group has no interface", help);
            continue;
        }
        groups.push(GarpGroup { span: entry.span, interfaces, garp_interval, gna_interval });
    }
    groups
}

/// `interface` and `interfaces`.
fn named(section: &Section) -> impl Iterator<Item = (&str, Span)> {
    let many = section.names("interfaces").map(|name| (name.text.as_str(), name.span));
    section.all("interface").filter_map(one).chain(many)
}

fn one(entry: &Entry) -> Option<(&str, Span)> {
    Some((entry.values()?.at(0)?.text()?, entry.span))
}
