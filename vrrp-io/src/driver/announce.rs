//! The neighbours are told where addresses are.

use netlink_addr::Announcement;
use vrrp_fsm::Action;

use super::perform::{Failed, Failure};
use super::{Driver, Key};

impl Driver {
    /// Announces the addresses of many routers together. All that can be announced are, whatever fails among
    /// them.
    pub(super) fn announce(&mut self, wanted: &[(Key, Action)], failed: &mut Failed) {
        let (mut announcements, mut owners) = (Vec::new(), Vec::new());
        for (key, action) in wanted {
            let Action::Announce(times) = action else { continue };
            let Some(instance) = self.instances.get(key) else { continue };
            let own = key.interface;
            for _ in 0..times.get() {
                for address in instance.config.all_addresses() {
                    let Some(place) = self.place_for_address(*key, &instance.config, address)
                    else {
                        continue;
                    };
                    let base = instance.carriers.iter().find(|carrier| carrier.place == place);
                    let base = base.map_or(place, |carrier| carrier.base);
                    let Some(link) = self.interfaces[place].link() else { continue };
                    // Without a cable nobody is there to be told.
                    if !self.interfaces[base].is_operational() || !link.is_up {
                        continue;
                    }
                    if link.mac.is_none() && place != own {
                        continue;
                    }
                    let announcement = Announcement::new(link, address.address());
                    announcements.push(match instance.config.carries(address) {
                        // Whoever still has it has the same link-layer address.
                        true => announcement.without_request(),
                        false => announcement,
                    });
                    owners.push((*key, *action));
                }
            }
        }
        let outcomes = self.announcer.announce(&announcements);
        for (outcome, (key, action)) in outcomes.into_iter().zip(owners) {
            if let Err(error) = outcome
                && !failed.contains(&(key, action))
            {
                self.fail(key, action, &Failure::Announce(error), failed);
            }
        }
    }
}
