//! From the tree to the model: references between blocks are checked here.

use std::collections::BTreeSet;

use super::balancing;
use super::bfd::{BfdInstance, distinct};
use super::surroundings::Surroundings;
use super::track_group::{TrackGroup, check_groups};
use super::tracking::Tracked;
use super::{
    AddressLine, Configuration, Global, Instance, Lvs, RouteLine, RuleLine, SslFiles, SyncGroup,
    TrackFile, TrackProcess, TrackScript,
};
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Data, Section, Value, Values};

/// Makes the model. What cannot be is reported and left out.
pub fn build(tree: Section, diagnostics: &mut Diagnostics) -> Configuration {
    // Several blocks of global_defs are one.
    let mut globals = Section::default();
    for (_, _, section) in tree.blocks("global_defs") {
        globals.entries.extend(section.entries.iter().cloned());
    }
    let global = Global::read(&globals, diagnostics);

    let scripts: Vec<TrackScript> = named(&tree, &["vrrp_script"], diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| TrackScript::read(name, span, section, diagnostics))
        .collect();
    let files: Vec<TrackFile> = named(&tree, &["track_file", "vrrp_track_file"], diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| TrackFile::read(name, span, section, diagnostics))
        .collect();
    let processes: Vec<TrackProcess> = named(&tree, &["vrrp_track_process"], diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| TrackProcess::read(name, span, section, diagnostics))
        .collect();
    let bfds: Vec<BfdInstance> = named(&tree, &["bfd_instance"], diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| BfdInstance::read(name, span, section, diagnostics))
        .collect();
    let bfds = distinct(bfds, diagnostics);
    let mut instances: Vec<Instance> = named(&tree, &["vrrp_instance"], diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| {
            Instance::read(name, span, section, &global.defaults, diagnostics)
        })
        .collect();
    let mut groups: Vec<SyncGroup> = named(&tree, &["vrrp_sync_group"], diagnostics)
        .into_iter()
        .map(|(name, span, section)| SyncGroup::read(name, span, section, diagnostics))
        .collect();

    check_identities(&mut instances, diagnostics);
    let tracked = Tracked { scripts: &scripts, files: &files, processes: &processes, bfds: &bfds };
    tracked.check(&mut instances, &mut groups, diagnostics);
    check_members(&mut instances, &mut groups, diagnostics);
    tracked.neutralise_weights(&mut instances, &groups, diagnostics);
    let track_groups: Vec<TrackGroup> = named(&tree, &["track_group"], diagnostics)
        .into_iter()
        .filter_map(|(name, span, section)| {
            TrackGroup::read(name, span, section, &instances, diagnostics)
        })
        .collect();

    let mut static_addresses: Vec<AddressLine> = tree
        .lines("static_ipaddress")
        .filter_map(|values| AddressLine::read(values, diagnostics))
        .map(|mut line| {
            if line.device.is_none() {
                line.device = Some(global.defaults.interface.clone().unwrap_or("eth0".into()));
            }
            line
        })
        .collect();
    let mut static_routes: Vec<RouteLine> = tree
        .lines("static_routes")
        .filter_map(|values| RouteLine::read(values, diagnostics))
        .collect();
    let mut static_rules: Vec<RuleLine> = tree
        .lines("static_rules")
        .filter_map(|values| RuleLine::read(values, diagnostics))
        .collect();
    check_groups(&mut static_addresses, &track_groups, diagnostics);
    check_groups(&mut static_routes, &track_groups, diagnostics);
    check_groups(&mut static_rules, &track_groups, diagnostics);
    let server_groups = balancing::groups(&tree, diagnostics);
    let names = balancing::Named { files: &files, bfds: &bfds, groups: &server_groups };
    let virtual_servers = balancing::virtual_servers(&tree, &names, diagnostics);
    let (mut lvs, ssl) = (Lvs::read(&globals), SslFiles::read(&tree));
    lvs.follow_instances(&tree, &instances, diagnostics);
    let surroundings = Surroundings::read(&tree, &instances, track_groups, diagnostics);
    Configuration {
        global,
        surroundings,
        scripts,
        files,
        processes,
        bfds,
        instances,
        groups,
        lvs,
        virtual_servers,
        server_groups,
        ssl,
        static_addresses,
        static_routes,
        static_rules,
        tree,
    }
}

/// The blocks of these keywords by name; the second of one name is left out.
pub(super) fn named<'a>(
    tree: &'a Section,
    keywords: &[&str],
    diagnostics: &mut Diagnostics,
) -> Vec<(&'a str, Span, &'a Section)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for entry in tree.entries.iter().filter(|entry| keywords.contains(&entry.keyword.name)) {
        let Data::Block(head, section) = &entry.data else { continue };
        let Some(name) = name(head) else { continue };
        if seen.insert(name) {
            found.push((name, entry.span, section));
        } else {
            let message = format!("there are two blocks {} {name}", entry.keyword.name);
            diagnostics.error(entry.span, message, "the second is left out");
        }
    }
    found
}

fn name(head: &Values) -> Option<&str> {
    head.at(0).and_then(Value::text)
}

/// A VRID exists once per interface and family. On which one an instance is that names none, is not known here.
fn check_identities(instances: &mut Vec<Instance>, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    instances.retain(|instance| {
        let Some(interface) = &instance.interface else { return true };
        let is_new = seen.insert((interface.clone(), instance.is_ipv6, instance.vrid));
        if !is_new {
            let message =
                format!("virtual_router_id {} is used twice on {interface}", instance.vrid);
            let help = "give every instance of an interface a number of its own";
            diagnostics.fatal(instance.span, message, help);
        }
        is_new
    });
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
                (&mut instance.track_files, &group.track_files),
                (&mut instance.track_processes, &group.track_processes),
                (&mut instance.track_bfds, &group.track_bfds),
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
}
