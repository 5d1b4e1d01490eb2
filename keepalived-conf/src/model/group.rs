//! `vrrp_sync_group`.

use super::notifications::Notifications;
use super::track::{Track, Weight, tracks};
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
    /// Files that all members track.
    pub track_files: Vec<Track>,
    /// Processes that all members track.
    pub track_processes: Vec<Track>,
    /// BFD sessions that all members track.
    pub track_bfds: Vec<Track>,
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
        let mut lines = |keyword: &str| {
            let mut tracks = tracks(section, keyword, diagnostics);
            for track in &mut tracks {
                if let Some(weight) = track.weight.filter(|weight| weight.value != 0)
                    && !has_weights
                {
                    let message = format!("{} is tracked by a group with a weight", track.name);
                    let help = "write sync_group_tracking_weight in the group, or no weight";
                    diagnostics.error(track.span, message, help);
                    // A file has a weight even where none is written.
                    let none = Weight { value: 0, ..weight };
                    track.weight = (keyword == "track_file").then_some(none);
                }
            }
            tracks
        };
        Self {
            name: name.to_owned(),
            span,
            members: section.names("group").map(|name| name.text.clone()).collect(),
            track_interfaces: lines("track_interface"),
            track_scripts: lines("track_script"),
            track_files: lines("track_file"),
            track_processes: lines("track_process"),
            track_bfds: lines("track_bfd"),
            notifications: Notifications::read(section),
            smtp_alert: section.boolean("smtp_alert"),
            tells_priority: section.boolean("notify_priority_changes"),
            has_weights,
        }
    }
}
