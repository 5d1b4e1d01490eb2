//! From the tree to the model: references between blocks are checked here.

use std::collections::BTreeSet;

use super::{AddressLine, Configuration, Global, Instance, RouteLine, SyncGroup, TrackScript};
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Entry, Section, Value, Values};

/// Makes the model. What cannot be is reported and left out.
pub fn build(tree: Section, diagnostics: &mut Diagnostics) -> Configuration {
    // Several blocks of global_defs are one.
    let mut globals = Section::default();
    for (_, _, section) in tree.blocks("global_defs") {
        globals.entries.extend(section.entries.iter().cloned());
    }
    let global = Global::read(&globals, diagnostics);

    let scripts: Vec<TrackScript> = named(&tree, "vrrp_script", diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| TrackScript::read(name, span, section, diagnostics))
        .collect();
    let mut instances: Vec<Instance> = named(&tree, "vrrp_instance", diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| {
            Instance::read(name, span, section, &global.defaults, diagnostics)
        })
        .collect();
    let mut groups: Vec<SyncGroup> = named(&tree, "vrrp_sync_group", diagnostics)
        .into_iter()
        .map(|(name, span, section)| SyncGroup::read(name, span, section, diagnostics))
        .collect();

    check_identities(&mut instances, diagnostics);
    check_tracked(&scripts, &mut instances, &mut groups, diagnostics);
    check_members(&mut instances, &mut groups, diagnostics);
    let static_addresses = tree
        .lines("static_ipaddress")
        .filter_map(|values| AddressLine::read(values, diagnostics))
        .map(|mut line| {
            if line.device.is_none() {
                line.device = Some(global.defaults.interface.clone().unwrap_or("eth0".into()));
            }
            line
        })
        .collect();
    let static_routes = tree
        .lines("static_routes")
        .filter_map(|values| RouteLine::read(values, diagnostics))
        .collect();
    Configuration { global, scripts, instances, groups, static_addresses, static_routes, tree }
}

/// The blocks of this keyword by name; the second of one name is left out.
fn named<'a>(
    tree: &'a Section,
    keyword: &'a str,
    diagnostics: &mut Diagnostics,
) -> Vec<(&'a str, Span, &'a Section)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let blocks: Vec<(&Entry, &Values, &Section)> = tree.blocks(keyword).collect();
    for (entry, head, section) in blocks {
        let Some(name) = head.at(0).and_then(Value::text) else { continue };
        if seen.insert(name) {
            found.push((name, entry.span, section));
        } else {
            let message = format!("there are two blocks {keyword} {name}");
            diagnostics.error(entry.span, message, "the second is left out");
        }
    }
    found
}

/// A VRID exists once per interface and family.
fn check_identities(instances: &mut Vec<Instance>, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    instances.retain(|instance| {
        let is_new = seen.insert((instance.interface.clone(), instance.is_ipv6, instance.vrid));
        if !is_new {
            let interface = instance.interface.as_deref().unwrap_or("any interface");
            let message =
                format!("virtual_router_id {} is used twice on {interface}", instance.vrid);
            let help = "give every instance of an interface a number of its own";
            diagnostics.fatal(instance.span, message, help);
        }
        is_new
    });
}

fn check_tracked(
    scripts: &[TrackScript],
    instances: &mut [Instance],
    groups: &mut [SyncGroup],
    diagnostics: &mut Diagnostics,
) {
    let lists = instances
        .iter_mut()
        .map(|instance| &mut instance.track_scripts)
        .chain(groups.iter_mut().map(|group| &mut group.track_scripts));
    for tracks in lists {
        tracks.retain(|track| {
            let is_known = scripts.iter().any(|script| script.name == track.name);
            if !is_known {
                let message = format!("there is no vrrp_script {}", track.name);
                diagnostics.error(track.span, message, "the line is left out");
            }
            is_known
        });
    }
}

fn check_members(
    instances: &mut [Instance],
    groups: &mut Vec<SyncGroup>,
    diagnostics: &mut Diagnostics,
) {
    let mut taken = BTreeSet::new();
    groups.retain_mut(|group| {
        let (name, span) = (group.name.clone(), group.span);
        group.members.retain(|member| {
            let is_known = instances.iter().any(|instance| instance.name == *member);
            let is_free = is_known && taken.insert(member.clone());
            if !is_known {
                let message = format!("vrrp_sync_group {name} names {member}");
                diagnostics.error(span, message, "there is no such vrrp_instance");
            } else if !is_free {
                let message = format!("vrrp_sync_group {name} names {member} again");
                diagnostics.error(span, message, "an instance is in one group, once");
            }
            is_free
        });
        if group.members.is_empty() {
            let message = format!("vrrp_sync_group {name} has no member");
            diagnostics.error(span, message, "write group { INSTANCE … }");
            return false;
        }
        if group.members.len() == 1 {
            let message = format!("vrrp_sync_group {name} has one member");
            diagnostics.warn(span, message, "it is a group, and does nothing more");
        }
        for instance in instances.iter_mut().filter(|i| group.members.contains(&i.name)) {
            if let Some(tells) = group.tells_priority {
                instance.tells_priority |= tells;
            }
            for (tracks, more) in [
                (&mut instance.track_interfaces, &group.track_interfaces),
                (&mut instance.track_scripts, &group.track_scripts),
            ] {
                for track in more {
                    if !tracks.iter().any(|own| own.name == track.name) {
                        tracks.push(track.clone());
                    }
                }
            }
        }
        true
    });
    neutralise_weights(instances, groups, diagnostics);
}

/// Members must not differ in what decides an election, unless the group says that they may.
fn neutralise_weights(
    instances: &mut [Instance],
    groups: &[SyncGroup],
    diagnostics: &mut Diagnostics,
) {
    for group in groups.iter().filter(|group| !group.has_weights) {
        for instance in instances.iter_mut().filter(|i| group.members.contains(&i.name)) {
            let tracks = instance.track_interfaces.iter_mut().chain(&mut instance.track_scripts);
            for track in tracks {
                if track.weight.is_some_and(|weight| weight.value != 0) {
                    let message =
                        format!("{} is tracked with a weight in a sync group", track.name);
                    let help = "write sync_group_tracking_weight in the group, or no weight";
                    diagnostics.error(track.span, message, help);
                }
            }
            instance.track_interfaces.iter_mut().for_each(|track| {
                track.weight = track.weight.map(|weight| super::Weight { value: 0, ..weight });
            });
            // keepalived leaves weighted scripts out; their own weight, if they have one, does so
            // where the model is used.
            instance
                .track_scripts
                .retain(|track| track.weight.is_none_or(|weight| weight.value == 0));
        }
    }
}
