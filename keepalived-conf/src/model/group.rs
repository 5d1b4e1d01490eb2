//! `vrrp_sync_group`.

use super::notifications::Notifications;
use super::track::{Track, tracks};
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::Section;

/// Instances that change their state together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncGroup {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// The names of its instances.
    pub members: Vec<String>,
    /// Interfaces that all members track.
    pub track_interfaces: Vec<Track>,
    /// Scripts that all members track.
    pub track_scripts: Vec<Track>,
    /// What is told about the group.
    pub notifications: Notifications,
    /// Mails about it; `None` where nothing is said.
    pub smtp_alert: Option<bool>,
    /// Whether changes of the members' priorities are told.
    pub tells_priority: Option<bool>,
    /// `sync_group_tracking_weight`: weights count for its members.
    pub has_weights: bool,
}

impl SyncGroup {
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let has_weights = section.has("sync_group_tracking_weight");
        let mut group = Self {
            name: name.to_owned(),
            span,
            members: section.names("group").map(|name| name.text.clone()).collect(),
            track_interfaces: tracks(section, "track_interface", diagnostics),
            track_scripts: tracks(section, "track_script", diagnostics),
            notifications: Notifications::read(section),
            smtp_alert: section.boolean("smtp_alert"),
            tells_priority: section.boolean("notify_priority_changes"),
            has_weights,
        };
        for track in group.track_interfaces.iter_mut().chain(&mut group.track_scripts) {
            if !has_weights && track.weight.is_some_and(|weight| weight.value != 0) {
                let message = format!("{} is tracked by a group with a weight", track.name);
                let help = "write sync_group_tracking_weight in the group, or no weight";
                diagnostics.error(track.span, message, help);
                track.weight = None;
            }
        }
        group
    }
}
