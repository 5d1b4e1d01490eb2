//! Interfaces come, go and change.

use std::collections::BTreeSet;

use netlink_addr::Link;
use vrrp_fsm::{Fault, Input};

use super::outlook::Outlook;
use super::sockets::{Needs, Sockets};
use super::{Driver, Instance, Key};
use crate::config::Tracked;
use crate::error::AddError;

impl Driver {
    /// The place of the interface with this name; it has to exist.
    pub(super) fn interface(&mut self, name: &str) -> Result<usize, AddError> {
        if let Some(place) = self.interfaces.place(name)
            && self.interfaces[place].link().is_some()
        {
            // The monitor keeps what is known of it up to date.
            return Ok(place);
        }
        let Some(link) = self.table.link_by_name(name)? else {
            return Err(AddError::NoInterface { interface: name.to_owned() });
        };
        let place = self.interfaces.place_for(name);
        self.found(place, link);
        Ok(place)
    }

    /// Watches the interface with this name from now on, whether or not it exists.
    pub(super) fn register(&mut self, name: &str) {
        let place = self.interface(name).unwrap_or_else(|_| self.interfaces.place_for(name));
        self.interfaces.get_mut(place).is_named = true;
    }

    /// The interface is there, as `link` says. With another index than before it is another one: the
    /// routers leave the old one first.
    pub(super) fn found(&mut self, place: usize, link: Link) {
        if self.set_link(place, link) {
            self.arrived(&[place]);
        }
    }

    /// Takes what the kernel says of an interface, and tells whether it is another one than before.
    /// Then it has [arrived](Self::arrived).
    pub(super) fn set_link(&mut self, place: usize, link: Link) -> bool {
        let is_same = self.interfaces[place].index() == Some(link.index);
        if !is_same {
            self.lost(place);
        }
        let now = self.now();
        self.interfaces.set_link(place, Some(link), now);
        !is_same
    }

    /// These interfaces are there now.
    pub(super) fn arrived(&mut self, places: &[usize]) {
        self.read_addresses(places);
        self.make_missing_carriers();
        for place in places {
            self.interfaces.get_mut(*place).sockets = Sockets::default();
            self.open_missing_sockets(*place);
            // Active routers have addresses for it that had no place.
            for key in self.keys_needing(*place) {
                self.input(key, Input::AddressesLost);
            }
        }
    }

    /// The interface is gone, or no longer has its name. Its routers leave it while its index is known, so
    /// that they take their addresses off if it does exist.
    pub(super) fn lost(&mut self, place: usize) {
        if self.interfaces[place].link().is_none() {
            return;
        }
        let carried = self.carried_by(place);
        for key in self.keys_on(place).into_iter().chain(carried) {
            self.input(key, Input::Fault(Fault::InterfaceDown));
        }
        self.perform_all();
        let now = self.now();
        self.interfaces.set_link(place, None, now);
        self.interfaces.get_mut(place).set_addresses([]);
        if carried.is_some() {
            // Somebody took away what is ours: it is made again.
            self.resync_soon();
        }
    }

    pub(super) fn keys_on(&self, place: usize) -> Vec<Key> {
        let from = self.instances.range(Key::first(place)..);
        from.map(|(key, _)| *key).take_while(|key| key.interface == place).collect()
    }

    /// Routers that run elsewhere and have something on this interface.
    fn keys_needing(&self, place: usize) -> Vec<Key> {
        if !self.interfaces[place].is_named {
            return Vec::new();
        }
        let name = &self.interfaces[place].name;
        let needs = |(key, instance): (&Key, &Instance)| {
            let is_meant =
                key.interface != place && instance.config.devices().any(|device| device == name);
            is_meant.then_some(*key)
        };
        self.instances.iter().filter_map(needs).collect()
    }

    /// Routers that track this interface.
    fn keys_tracking(&self, place: usize) -> Vec<Key> {
        if !self.interfaces[place].is_named {
            return Vec::new();
        }
        let tracked = Tracked::Interface(self.interfaces[place].name.clone());
        let tracks = |(key, instance): (&Key, &Instance)| {
            let is_meant = instance.tracking.iter().any(|(item, _, _)| *item == tracked);
            is_meant.then_some(*key)
        };
        self.instances.iter().filter_map(tracks).collect()
    }

    /// Reads the addresses of interfaces. What was known stays when that fails, and it is tried again.
    pub(super) fn read_addresses(&mut self, places: &[usize]) {
        match self.table.addresses() {
            Ok(addresses) => {
                let mut of_place = vec![Vec::new(); places.len()];
                for address in addresses {
                    let place = self.interfaces.place_of(address.interface);
                    if let Some(at) = places.iter().position(|wanted| Some(*wanted) == place) {
                        of_place[at].push(address);
                    }
                }
                for (place, addresses) in places.iter().zip(of_place) {
                    self.interfaces.get_mut(*place).set_addresses(addresses);
                }
            }
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot read the addresses of an interface");
                self.resync_soon();
            }
        }
    }

    /// Tells all routers on an interface how it is, and puts back what somebody took from them.
    pub(super) fn tell_interface(&mut self, place: usize) {
        let outlook = self.outlook(place);
        for key in self.keys_on(place) {
            self.tell(key, &outlook);
            self.put_back(key);
        }
        for key in self.keys_needing(place) {
            self.put_back(key);
        }
        if let Some(key) = self.carried_by(place) {
            self.tell_router(key);
            self.put_back(key);
        }
        for key in self.keys_tracking(place) {
            self.look_at_tracked(key);
            self.follow(key);
        }
    }

    /// Tells one router how its interface is.
    pub(super) fn tell_router(&mut self, key: Key) {
        let outlook = self.outlook(key.interface);
        self.tell(key, &outlook);
    }

    pub(super) fn outlook(&self, place: usize) -> Outlook {
        let mut installed = BTreeSet::new();
        if !self.keeps_origin {
            let index = self.interfaces[place].index();
            let all = self.instances.values().flat_map(|instance| instance.installed.iter());
            let here = all.filter(|address| Some(address.interface) == index);
            installed.extend(here.map(|address| address.local));
        }
        Outlook::new(&self.interfaces[place], &installed)
    }

    pub(super) fn tell(&mut self, key: Key, outlook: &Outlook) {
        let Some(router) = self.routers.get(&key) else { return };
        let Some(instance) = self.instances.get(&key) else { return };
        let interface = &self.interfaces[key.interface];
        let has_sockets = interface.sockets.serve(Needs::of(&instance.config));
        let ready = instance.carriers.iter().filter(|carrier| self.is_ready(carrier));
        let has_carriers = ready.count() == instance.config.carried_on().len();
        let is_up = match instance.config.ignores_interface {
            true => interface.link().is_some(),
            false => outlook.is_operational,
        };
        let is_operational = is_up && has_sockets && has_carriers;
        let primary = outlook.primary(interface, &instance.config, router.primary_address());
        let lacks_address = router.faults().any(|fault| fault == Fault::NoPrimaryAddress);
        let is_new_address = match primary {
            Some(_) => lacks_address || router.primary_address() != primary,
            None => !lacks_address,
        };
        let is_known_down = router.faults().any(|fault| fault == Fault::InterfaceDown);
        if is_new_address {
            self.input(key, Input::PrimaryAddress(primary));
        }
        match (is_operational, is_known_down) {
            (true, true) => self.input(key, Input::Recovered(Fault::InterfaceDown)),
            (false, false) => self.input(key, Input::Fault(Fault::InterfaceDown)),
            _ => {}
        }
    }
}
