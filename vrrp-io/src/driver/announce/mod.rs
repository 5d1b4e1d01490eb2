//! The neighbours are told where addresses are.

mod later;
mod limit;

use std::net::IpAddr;
use std::time::Duration;

use netlink_addr::{Announcement, MacAddress};
use vrrp_fsm::{Action, State, Timestamp};

use super::perform::{Failed, Failure};
use super::{Driver, Instance, Key};

use later::Later;
pub(super) use later::Schedule;
pub(super) use limit::Limiter;
use limit::Turn;

/// Between two rounds. The router that had the addresses needs a moment to let go of them, and whatever it
/// sends meanwhile from a virtual MAC address turns the switches back: the last word has to be ours, and
/// soon.
const PAUSE: Duration = Duration::from_millis(1);

/// One address that is announced on one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    key: Key,
    address: IpAddr,
    /// The interface that the frame leaves through.
    place: usize,
    /// The link-layer address that is told, if it is not that of the interface.
    mac: Option<MacAddress>,
    /// Whoever still has the address has the same link-layer address.
    shares_mac: bool,
}

impl Driver {
    /// Announces the addresses of many routers together, a first time at once. All that can be announced
    /// are, whatever fails among them.
    pub(super) fn announce(&mut self, wanted: &[(Key, Action)], failed: &mut Failed) {
        let now = self.now();
        let (mut items, mut owners) = (Vec::new(), Vec::new());
        for (key, action) in wanted {
            let Action::Announce(times) = action else { continue };
            let of_it = self.items_of(*key);
            owners.extend(of_it.iter().map(|_| (*key, *action)));
            items.extend(of_it);
            if let Some(left) = times.get().checked_sub(1).filter(|left| *left > 0) {
                self.schedule.add(now + PAUSE, Later::Rounds(*key, left));
            }
            self.begin_reminders(*key, now);
        }
        for (error, at) in self.send_items(&items, now) {
            let (key, action) = owners[at];
            if !failed.contains(&(key, action)) {
                self.fail(key, action, &Failure::Announce(error), failed);
            }
        }
    }

    /// What was to be announced later and is due.
    pub(super) fn announce_due(&mut self, now: Timestamp) {
        let mut items = Vec::new();
        let mut in_turn = Vec::new();
        for (due, later) in self.schedule.take_due(now) {
            match later {
                Later::Rounds(key, left) if self.is_active(key) => {
                    items.extend(self.items_of(key));
                    if left > 1 {
                        self.schedule.add(now + PAUSE, Later::Rounds(key, left - 1));
                    }
                }
                Later::Reminder(key) => items.extend(self.remind(key, due, now)),
                Later::Next(line) => {
                    let (routers, limiter) = (&self.routers, &mut self.limiter);
                    let is_active = |item: &Item| {
                        routers.get(&item.key).is_some_and(|r| r.state() == State::Active)
                    };
                    let (item, next) = limiter.next(line, now, is_active);
                    in_turn.extend(item);
                    if let Some(next) = next {
                        self.schedule.add(next, Later::Next(line));
                    }
                }
                Later::Rounds(..) => {}
            }
        }
        let mut errors = self.send_items(&items, now);
        errors.extend(self.send_now(&in_turn.iter().enumerate().collect::<Vec<_>>()));
        for (error, _) in errors {
            let error = crate::error::chain(&error);
            tracing::warn!(error, "an address could not be announced again");
        }
    }

    fn is_active(&self, key: Key) -> bool {
        self.routers.get(&key).is_some_and(|router| router.state() == State::Active)
    }

    /// What a router announces, where it can be.
    fn items_of(&self, key: Key) -> Vec<Item> {
        let Some(instance) = self.instances.get(&key) else { return Vec::new() };
        let item = |address: &crate::VirtualAddress| {
            let place = self.place_for_address(key, &instance.config, address)?;
            let base = base_of(instance, place);
            let link = self.interfaces[place].link()?;
            // Without a cable nobody is there to be told.
            let is_connected = self.interfaces[base].is_operational() && link.is_up;
            // That an interface of another kind has nothing to announce is an error on the router's own.
            let can_tell = link.mac.is_some() || place == key.interface;
            let shares_mac = place != base;
            (is_connected && can_tell).then_some(Item {
                key,
                address: address.address(),
                place,
                mac: None,
                shares_mac,
            })
        };
        instance.config.all_addresses().filter_map(item).collect()
    }

    /// Sends those that need not wait, and tells what failed.
    fn send_items(
        &mut self,
        items: &[Item],
        now: Timestamp,
    ) -> Vec<(netlink_addr::AnnounceError, usize)> {
        let mut ready = Vec::new();
        for (at, item) in items.iter().enumerate() {
            // What is carried leaves through the interface below.
            let base = self.instances.get(&item.key).map_or(item.place, |i| base_of(i, item.place));
            let interface = &self.interfaces[base].name;
            match self.limiter.offer(interface, base, *item, now) {
                Turn::Now => ready.push((at, item)),
                Turn::Later(line, next) => self.schedule.add(next, Later::Next(line)),
                Turn::Queued => {}
            }
        }
        self.send_now(&ready)
    }

    fn send_now(&mut self, items: &[(usize, &Item)]) -> Vec<(netlink_addr::AnnounceError, usize)> {
        let (mut announcements, mut places) = (Vec::new(), Vec::new());
        for (at, item) in items {
            let Some(link) = self.interfaces[item.place].link() else { continue };
            let mut announcement = Announcement::new(link, item.address);
            if let Some(mac) = item.mac {
                announcement = announcement.at(mac);
            }
            if item.shares_mac {
                announcement = announcement.without_request();
            }
            announcements.push(announcement);
            places.push(*at);
        }
        let outcomes = self.announcer.announce(&announcements).into_iter().zip(places);
        outcomes.filter_map(|(outcome, at)| Some((outcome.err()?, at))).collect()
    }

    /// From now on switches on other interfaces are reminded of where the virtual MAC address is.
    fn begin_reminders(&mut self, key: Key, now: Timestamp) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        let own = instance.config.virtual_interface.as_ref();
        let Some(reminders) = own.and_then(|own| own.reminders) else { return };
        if instance.reminder.is_none() {
            let due = now + reminders.interval;
            instance.reminder = Some(due);
            self.schedule.add(due, Later::Reminder(key));
        }
    }

    fn remind(&mut self, key: Key, due: Timestamp, now: Timestamp) -> Vec<Item> {
        let is_active = self.is_active(key);
        let Some(instance) = self.instances.get_mut(&key) else { return Vec::new() };
        if instance.reminder != Some(due) {
            // Of an earlier time as Active.
            return Vec::new();
        }
        let own = instance.config.virtual_interface.as_ref();
        let reminders = own.and_then(|own| own.reminders).filter(|_| is_active);
        instance.reminder = reminders.map(|reminders| now + reminders.interval);
        let (Some(reminders), Some(next)) = (reminders, instance.reminder) else {
            return Vec::new();
        };
        self.schedule.add(next, Later::Reminder(key));
        let Some(instance) = self.instances.get(&key) else { return Vec::new() };
        let mut items = Vec::new();
        for item in self.items_of(key).into_iter().filter(|item| item.shares_mac) {
            let Some(mac) = self.interfaces[item.place].link().and_then(|link| link.mac) else {
                continue;
            };
            let base = base_of(instance, item.place);
            let others = (0..self.interfaces.len()).filter(|place| {
                let is_plain = self.interfaces[*place].carries.is_none();
                let is_meant = reminders.on_all || *place == base;
                let link = self.interfaces[*place].link();
                is_meant && is_plain && link.is_some_and(|l| l.is_operational() && l.mac.is_some())
            });
            items.extend(others.map(|place| Item { place, mac: Some(mac), ..item }));
        }
        items
    }
}

/// The interface below the one at this place, or itself.
fn base_of(instance: &Instance, place: usize) -> usize {
    let carrier = instance.carriers.iter().find(|carrier| carrier.place == place);
    carrier.map_or(place, |carrier| carrier.base)
}
