//! Settings of interfaces that are changed for routers and changed back after the last of them.

use std::collections::BTreeMap;

use netlink_addr::{Ipv4Setting, Link, LinkSettings};

/// By the place of the interface and the setting.
#[derive(Debug, Default)]
pub(super) struct Tuning(BTreeMap<(usize, Ipv4Setting), Tuned>);

#[derive(Debug)]
struct Tuned {
    /// Of which interface; another one with its name has settings of its own.
    index: u32,
    users: usize,
    before: u32,
}

impl Tuning {
    /// One more router needs these on the interface: what has to be changed for the first.
    pub(super) fn take(
        &mut self,
        place: usize,
        link: Option<&Link>,
        wanted: &[(Ipv4Setting, u32)],
    ) -> Option<LinkSettings> {
        let link = link?;
        let mut change = None;
        for (setting, value) in wanted {
            let key = (place, *setting);
            if let Some(tuned) = self.0.get_mut(&key).filter(|tuned| tuned.index == link.index) {
                tuned.users += 1;
                continue;
            }
            let Some(before) = link.ipv4_setting(*setting) else { continue };
            self.0.insert(key, Tuned { index: link.index, users: 1, before });
            let so_far = change.unwrap_or_else(|| LinkSettings::new(link.index));
            change = Some(so_far.ipv4(*setting, *value));
        }
        change
    }

    /// One router less, which may come back at once: nothing is changed.
    pub(super) fn lose(&mut self, place: usize, settings: &[(Ipv4Setting, u32)]) {
        for (setting, _) in settings {
            if let Some(tuned) = self.0.get_mut(&(place, *setting)) {
                tuned.users = tuned.users.saturating_sub(1);
            }
        }
    }

    /// One router less: what has to be changed back after the last.
    pub(super) fn give_back(
        &mut self,
        place: usize,
        index: Option<u32>,
        settings: &[(Ipv4Setting, u32)],
    ) -> Option<LinkSettings> {
        self.lose(place, settings);
        let mut change = None;
        for (setting, _) in settings {
            let key = (place, *setting);
            if self.0.get(&key).is_some_and(|tuned| tuned.users == 0)
                && let Some(tuned) = self.0.remove(&key)
                && Some(tuned.index) == index
            {
                let so_far = change.unwrap_or_else(|| LinkSettings::new(tuned.index));
                change = Some(so_far.ipv4(*setting, tuned.before));
            }
        }
        change
    }
}
