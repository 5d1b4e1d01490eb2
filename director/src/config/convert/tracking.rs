//! What instances track.

use keepalived_conf::Severity;
use keepalived_conf::model::{Instance, Track, Weight as WeightLine};
use vrrp_io::Tracked;
use vrrp_io::fsm::Weight;

use super::{Machine, watcher};

impl Machine<'_> {
    pub(super) fn tracked(&mut self, instance: &Instance) -> Vec<(Tracked, Weight)> {
        let mut tracked = Vec::new();
        for track in &instance.track_interfaces {
            if self.is_missing(&track.name) {
                let message = format!("there is no interface {}", track.name);
                self.problem(self.of_missing(), track.span, message, "it counts as down");
            }
            let weight = weight(track.weight.unwrap_or_default());
            tracked.push((Tracked::Interface(track.name.clone()), weight));
        }
        for track in &instance.track_scripts {
            let Some(script) = self.scripts.iter().find(|script| script.name() == track.name)
            else {
                // Its command cannot be run, and that was said: what cannot be run fails.
                let weight = weight(track.weight.unwrap_or_default());
                tracked.push((Tracked::Item(track.name.clone()), weight));
                continue;
            };
            let line = track.weight.unwrap_or(script.weight());
            tracked.extend(self.item(track, track.name.clone(), line));
        }
        for track in &instance.track_files {
            let file = self.files.iter().find(|file| file.name == track.name);
            let Some(line) = track.weight.or(file.map(|file| file.weight)) else { continue };
            tracked.extend(self.item(track, file_item(&track.name), line));
        }
        for track in &instance.track_processes {
            let process = self.processes.iter().find(|process| process.name == track.name);
            let Some(line) = track.weight.or(process.map(|p| p.weight)) else { continue };
            tracked.extend(self.item(track, process_item(&track.name), line));
        }
        for track in &instance.track_bfds {
            let session = self.bfds.iter().find(|session| session.name == track.name);
            let Some(line) = track.weight.or(session.map(|s| s.weight)) else { continue };
            tracked.extend(self.item(track, bfd_item(&track.name), line));
        }
        for group in self.track_groups {
            if group.members.contains(&instance.name) {
                tracked.push((Tracked::Item(watcher(&group.name)), Weight::FAULT));
            }
        }
        tracked
    }

    /// In a sync group a weight has to be allowed.
    fn item(&mut self, track: &Track, item: String, line: WeightLine) -> Option<(Tracked, Weight)> {
        let is_neutral = self.group.is_some_and(|group| !group.has_weights);
        if is_neutral && line.value != 0 {
            let message = format!("{} has a weight and is tracked in a sync group", track.name);
            let help = "write sync_group_tracking_weight in the group; it is not tracked here";
            self.problem(Severity::Error, track.span, message, help);
            return None;
        }
        Some((Tracked::Item(item), weight(line)))
    }
}

/// The name under which a file's number is reported.
fn file_item(name: &str) -> String {
    format!("track_file {name}")
}

/// The name under which the state of a session is reported.
pub(super) fn bfd_item(name: &str) -> String {
    format!("bfd_instance {name}")
}

fn process_item(name: &str) -> String {
    format!("track_process {name}")
}

fn weight(line: WeightLine) -> Weight {
    let weight = Weight::new(line.value).unwrap_or_default();
    if line.is_reversed { weight.reversed() } else { weight }
}
