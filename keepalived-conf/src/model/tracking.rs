//! What instances and groups track: whether it is there, and what it may weigh.

use super::{
    BfdInstance, Instance, SyncGroup, Track, TrackFile, TrackProcess, TrackScript, Weight,
};
use crate::diagnostic::Diagnostics;

/// All that can be tracked by its name.
pub(super) struct Tracked<'a> {
    pub(super) scripts: &'a [TrackScript],
    pub(super) files: &'a [TrackFile],
    pub(super) processes: &'a [TrackProcess],
    /// The sessions.
    pub(super) bfds: &'a [BfdInstance],
}

impl Tracked<'_> {
    /// Leaves out lines that name nothing.
    pub(super) fn check(
        &self,
        instances: &mut [Instance],
        groups: &mut [SyncGroup],
        diagnostics: &mut Diagnostics,
    ) {
        for instance in instances {
            self.check_lists(
                &mut instance.track_scripts,
                &mut instance.track_files,
                &mut instance.track_processes,
                &mut instance.track_bfds,
                diagnostics,
            );
        }
        for group in groups {
            self.check_lists(
                &mut group.track_scripts,
                &mut group.track_files,
                &mut group.track_processes,
                &mut group.track_bfds,
                diagnostics,
            );
        }
    }

    fn check_lists(
        &self,
        scripts: &mut Vec<Track>,
        files: &mut Vec<Track>,
        processes: &mut Vec<Track>,
        bfds: &mut Vec<Track>,
        diagnostics: &mut Diagnostics,
    ) {
        let is_script = |name: &str| self.scripts.iter().any(|script| script.name == name);
        retain(scripts, "vrrp_script", is_script, diagnostics);
        let is_file = |name: &str| self.files.iter().any(|file| file.name == name);
        retain(files, "track_file", is_file, diagnostics);
        let is_process = |name: &str| self.processes.iter().any(|process| process.name == name);
        retain(processes, "vrrp_track_process", is_process, diagnostics);
        // One for checks alone is not there for VRRP.
        let is_bfd = |name: &str| self.bfds.iter().any(|bfd| bfd.name == name && bfd.tells_vrrp);
        retain(bfds, "bfd_instance", is_bfd, diagnostics);
    }

    /// Members must not differ in what decides an election, unless the group says that they may.
    pub(super) fn neutralise_weights(
        &self,
        instances: &mut [Instance],
        groups: &[SyncGroup],
        diagnostics: &mut Diagnostics,
    ) {
        for group in groups.iter().filter(|group| !group.has_weights) {
            for instance in instances.iter_mut().filter(|i| group.members.contains(&i.name)) {
                self.neutralise(instance, diagnostics);
            }
        }
    }

    fn neutralise(&self, instance: &mut Instance, diagnostics: &mut Diagnostics) {
        for track in &mut instance.track_interfaces {
            if has_weight(track, None) {
                tell(track, diagnostics);
            }
            track.weight = track.weight.map(|weight| Weight { value: 0, ..weight });
        }
        // keepalived leaves weighted scripts out; their own weight, if they have one, does so where
        // the model is used.
        drop_weighted(&mut instance.track_scripts, |_| None, diagnostics);
        let own = |track: &Track| {
            self.bfds.iter().find(|bfd| bfd.name == track.name).map(|bfd| bfd.weight)
        };
        drop_weighted(&mut instance.track_bfds, own, diagnostics);
        let own = |track: &Track| {
            let process = self.processes.iter().find(|process| process.name == track.name);
            process.map(|process| process.weight)
        };
        drop_weighted(&mut instance.track_processes, own, diagnostics);
        for track in &mut instance.track_files {
            let file = self.files.iter().find(|file| file.name == track.name);
            if has_weight(track, file.map(|file| file.weight)) {
                tell(track, diagnostics);
                let weight = track.weight.or(file.map(|file| file.weight)).unwrap_or_default();
                track.weight = Some(Weight { value: 0, ..weight });
            }
        }
    }
}

fn retain(
    tracks: &mut Vec<Track>,
    keyword: &str,
    is_known: impl Fn(&str) -> bool,
    diagnostics: &mut Diagnostics,
) {
    tracks.retain(|track| {
        let is_known = is_known(&track.name);
        if !is_known {
            let message = format!("there is no {keyword} {}", track.name);
            diagnostics.error(track.span, message, "the line is left out");
        }
        is_known
    });
}

fn drop_weighted(
    tracks: &mut Vec<Track>,
    own: impl Fn(&Track) -> Option<Weight>,
    diagnostics: &mut Diagnostics,
) {
    tracks.retain(|track| {
        let is_weighted = has_weight(track, own(track));
        if is_weighted {
            tell(track, diagnostics);
        }
        !is_weighted
    });
}

fn has_weight(track: &Track, own: Option<Weight>) -> bool {
    track.weight.or(own).is_some_and(|weight| weight.value != 0)
}

fn tell(track: &Track, diagnostics: &mut Diagnostics) {
    let message = format!("{} is tracked with a weight in a sync group", track.name);
    let help = "write sync_group_tracking_weight in the group, or no weight";
    diagnostics.error(track.span, message, help);
}
