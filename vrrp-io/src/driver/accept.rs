//! Routers that do not accept packets to addresses that they do not own (`Accept_Mode`, RFC 9568 section 6.1).

use netlink_nft::{Blocked, Firewall, FirewallError, Interface};

use super::{Driver, Key};

impl Driver {
    /// Blocks the addresses of all routers that want it, whether they have them at the moment or not: where an
    /// address is not, nothing arrives for it, and at a takeover there is nothing left to do.
    pub(super) fn block_addresses(&mut self) -> Result<(), FirewallError> {
        let mut blocked = Vec::new();
        for (key, instance) in &self.instances {
            if instance.config.router.accepts() {
                continue;
            }
            for address in instance.config.all_addresses() {
                let place = self.place_for_address(*key, &instance.config, address);
                let link = place.and_then(|place| self.interfaces[place].link());
                let ip = address.address();
                let interface = link.map(|link| match self.firewall_settings.by_index {
                    true => Interface::Index(link.index),
                    false => Interface::Name(link.name.clone()),
                });
                blocked.push(Blocked::new(ip, interface));
            }
        }
        if blocked.is_empty() {
            return match self.firewall.take() {
                Some(mut firewall) => firewall.remove(),
                None => Ok(()),
            };
        }
        let firewall = match &mut self.firewall {
            Some(firewall) => firewall,
            None => self.firewall.insert(Firewall::open(self.firewall_settings.clone())?),
        };
        firewall.set_blocked(&blocked)
    }

    /// Whether the firewall has anything to do with one of these.
    pub(super) fn has_blocked(&self, keys: &[Key]) -> bool {
        keys.iter().filter_map(|key| self.instances.get(key)).any(|i| !i.config.router.accepts())
    }

    /// As [`block_addresses`](Self::block_addresses), after a router changed or went away.
    pub(super) fn unblock(&mut self) {
        let is_needed = self.instances.values().any(|i| !i.config.router.accepts());
        if self.firewall.is_none() && !is_needed {
            return;
        }
        if let Err(error) = self.block_addresses() {
            let error = crate::error::chain(&error);
            tracing::error!(error, "the addresses that are blocked are not as they should be");
            self.resync_soon();
        }
    }
}
