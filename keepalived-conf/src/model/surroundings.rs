//! What stands at the top level: the daemon among others, and its interfaces.

use super::Instance;
use super::garp_group::{GarpGroup, garp_groups};
use super::linkbeat::{Linkbeat, UpDownDelay, linkbeats, up_down_delays};
use super::track_group::TrackGroup;
use crate::diagnostic::Diagnostics;
use crate::tree::{Section, Value};

/// The daemon among others, and its interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings {
    /// `net_namespace`: the network namespace to work in.
    pub net_namespace: Option<String>,
    /// `net_namespace_ipvs`: the network namespace of IPVS; empty for that of the first process.
    pub net_namespace_ipvs: Option<String>,
    /// `instance`: the name of this daemon among several.
    pub instance: Option<String>,
    /// `use_pid_dir`, which `net_namespace` means as well.
    pub use_pid_dir: bool,
    /// `linkbeat_use_polling`: the links of all interfaces are polled.
    pub linkbeat_use_polling: bool,
    /// `linkbeat_interfaces`, and the interfaces of instances that say `linkbeat_use_polling`.
    pub linkbeat_interfaces: Vec<Linkbeat>,
    /// `interface_up_down_delays`.
    pub up_down_delays: Vec<UpDownDelay>,
    /// `garp_group`.
    pub garp_groups: Vec<GarpGroup>,
    /// `track_group`.
    pub track_groups: Vec<TrackGroup>,
}

impl Surroundings {
    pub(super) fn read(
        tree: &Section,
        instances: &[Instance],
        track_groups: Vec<TrackGroup>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let text = |name: &str| tree.text(name).map(str::to_owned);
        Self {
            net_namespace: text("net_namespace"),
            net_namespace_ipvs: tree.get("net_namespace_ipvs").and_then(|entry| {
                let name = entry.values()?.at(0).and_then(Value::text);
                Some(name.unwrap_or_default().to_owned())
            }),
            instance: text("instance"),
            use_pid_dir: tree.has("use_pid_dir") || tree.has("net_namespace"),
            linkbeat_use_polling: tree.has("linkbeat_use_polling"),
            linkbeat_interfaces: linkbeats(tree, instances, diagnostics),
            up_down_delays: up_down_delays(tree, diagnostics),
            garp_groups: garp_groups(tree, diagnostics),
            track_groups,
        }
    }
}
