//! From actions to the kernel.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Instant;

use netlink_addr::Address;
use vrrp_fsm::proto::{EncodeError, HOP_LIMIT, Ipv4Envelope, MAX_IPV6_PACKET, Priority};
use vrrp_fsm::{Action, Actions, Event, Input, State};

use super::address::interface_address;
use super::instance::initial_sequence;
use super::origin::ORIGIN;
use super::{Driver, Key};
use crate::code::state_code;
use crate::config::{Delivery, RouterConfig, VirtualAddress};
use crate::events::Notice;

/// Why an action could not be performed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the interface or its address is gone")]
    NoInterface,
    #[error("encode an advertisement")]
    Encode(#[from] EncodeError),
    #[error("send an advertisement")]
    Send(#[source] std::io::Error),
    #[error(transparent)]
    Netlink(#[from] netlink_addr::Error),
    #[error(transparent)]
    Address(#[from] netlink_addr::AddressError),
    #[error(transparent)]
    Announce(#[from] netlink_addr::AnnounceError),
}

impl Driver {
    /// Gives a router an input and performs what it asks for.
    pub(super) fn input(&mut self, key: Key, input: Input<'_>) {
        if let Some(actions) = self.routers.handle(self.now(), &key, input) {
            self.perform(key, actions);
        }
    }

    /// Performs actions in their order and goes on after a failure, then tells the router what
    /// failed and performs what that brings about.
    pub(super) fn perform(&mut self, key: Key, actions: Actions) {
        let mut failed = VecDeque::new();
        self.perform_list(key, actions, &mut failed);
        loop {
            if let Some((key, action)) = failed.pop_front() {
                if let Some(actions) = self.routers.handle(self.now(), &key, Input::Failed(action))
                {
                    self.perform_list(key, actions, &mut failed);
                }
            } else if let Some((key, actions)) = self.routers.follow_up(self.now()) {
                // Another member of its group goes with it.
                self.perform_list(key, actions, &mut failed);
            } else {
                return;
            }
        }
    }

    fn perform_list(&mut self, key: Key, actions: Actions, failed: &mut VecDeque<(Key, Action)>) {
        let undone = actions.into_iter().filter(|action| !self.perform_action(key, *action));
        failed.extend(undone.map(|action| (key, action)));
    }

    /// Performs one action and says whether that went well.
    pub(super) fn perform_action(&mut self, key: Key, action: Action) -> bool {
        let outcome = match action {
            Action::Transmit(priority) => self.transmit(key, priority),
            Action::AddAddresses => self.add_addresses(key),
            Action::RemoveAddresses => {
                self.remove_routes(key, |_| true);
                self.remove_addresses(key, |_| true)
            }
            Action::ReplaceAddresses => self.replace_addresses(key),
            Action::Announce(times) => self.announce(key, times.get()),
            Action::Notify(event) => {
                self.notify(key, event);
                Ok(())
            }
        };
        if let Err(error) = &outcome {
            let (vrid, error) = (key.vrid.get(), crate::error::chain(error));
            tracing::warn!(vrid, ?action, error, "a duty could not be performed");
        }
        outcome.is_ok()
    }

    fn transmit(&mut self, key: Key, priority: Priority) -> Result<(), Failure> {
        let router = self.routers.get(&key).ok_or(Failure::NoInterface)?;
        let instance = self.instances.get_mut(&key).ok_or(Failure::NoInterface)?;
        if instance.state.load(Ordering::Acquire) != state_code(State::Active) {
            // A takeover: others may have counted on from our numbers meanwhile.
            instance.signer.advance_to(initial_sequence());
        }
        let socket = self.interfaces[key.interface].sockets.sending(key.is_ipv6);
        let socket = socket.ok_or(Failure::NoInterface)?;
        let advertisement = router.advertisement(priority);
        let source = router.primary_address().ok_or(Failure::NoInterface)?;
        let mut buffer = [0; MAX_IPV6_PACKET];
        let (group, peers, ttl) = match &instance.config.delivery {
            Delivery::Multicast(group) => (Some(*group), &[][..], HOP_LIMIT),
            Delivery::Unicast(unicast) => (None, &unicast.peers[..], unicast.ttl),
        };
        let mut outcome = Ok(());
        let form = instance.config.checksum;
        let destinations = group.into_iter().chain(peers.iter().map(|peer| peer.address));
        for (place, destination) in destinations.enumerate() {
            // Counts from 1 and leaves out 0, which the kernel would replace.
            instance.identification = instance.identification.checked_add(1).unwrap_or(1);
            let length = match (source, destination) {
                (IpAddr::V4(source), IpAddr::V4(destination)) => {
                    let identification = instance.identification;
                    let envelope = Ipv4Envelope { source, destination, ttl, identification };
                    let signer = &mut instance.signer;
                    match place {
                        0 => signer.encode_ipv4(&advertisement, &envelope, form, &mut buffer),
                        // One number for one advertisement, however many hear it.
                        _ => signer.encode_ipv4_again(&advertisement, &envelope, form, &mut buffer),
                    }
                }
                (IpAddr::V6(source), IpAddr::V6(destination)) => {
                    let length = advertisement.encode_ipv6(source, destination, &mut buffer);
                    // Octet 7 of the IPv6 header.
                    buffer[7] = ttl;
                    length
                }
                _ => return Err(Failure::NoInterface),
            };
            // One that cannot be reached does not keep the others from hearing.
            let sent = socket.send(&buffer[..length?], destination).map_err(Failure::Send);
            outcome = outcome.and(sent);
        }
        outcome
    }

    /// The addresses of a router as they are put on interfaces, and whether they are put back. Those
    /// whose interface is missing are left out until that comes.
    pub(super) fn addresses_of(&self, place: usize, config: &RouterConfig) -> Vec<(Address, bool)> {
        let own = self.interfaces[place].index();
        let resolve = |address: &VirtualAddress| {
            let index = match address.device_name() {
                Some(name) => self.index_of(name),
                None => own,
            };
            Some((interface_address(index?, address)?, address.is_tracked()))
        };
        config.all_addresses().filter_map(resolve).collect()
    }

    fn add_addresses(&mut self, key: Key) -> Result<(), Failure> {
        self.interfaces[key.interface].index().ok_or(Failure::NoInterface)?;
        let instance = self.instances.get(&key).ok_or(Failure::NoInterface)?;
        let wanted = self.addresses_of(key.interface, &instance.config);
        let is_installed =
            |wanted: &Address| instance.installed.iter().any(|other| other.is_same(wanted));
        // What an owner has already is its own: it is neither added nor, later, removed.
        let is_own = |wanted: &Address| {
            let known = self.interfaces.iter().flat_map(|interface| &interface.addresses);
            known.into_iter().any(|own| own.is_same(wanted) && own.protocol != ORIGIN)
        };
        // What is not to be looked after and was taken away stays away.
        let wanted: Vec<Address> = wanted
            .into_iter()
            .filter(|(wanted, is_tracked)| match is_installed(wanted) {
                true => *is_tracked,
                false => !is_own(wanted),
            })
            .map(|(wanted, _)| wanted)
            .collect();
        let instance = self.instances.get_mut(&key).ok_or(Failure::NoInterface)?;
        // Only a removal makes it forget what it has put there.
        for wanted in &wanted {
            if !instance.installed.iter().any(|installed| installed.is_same(wanted)) {
                instance.installed.push(wanted.clone());
            }
        }
        let outcome = all(self.table.add(&wanted)?);
        self.add_routes(key);
        outcome
    }

    /// Removes installed addresses that `is_meant`. Those that cannot be removed are not forgotten, and
    /// it is tried again.
    pub(super) fn remove_addresses(
        &mut self,
        key: Key,
        is_meant: impl Fn(&Address) -> bool,
    ) -> Result<(), Failure> {
        let instance = self.instances.get_mut(&key).ok_or(Failure::NoInterface)?;
        let removed: Vec<Address> = instance.installed.extract_if(.., |a| is_meant(a)).collect();
        if removed.is_empty() {
            return Ok(());
        }
        let outcomes = match self.table.remove(&removed) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                instance.installed.extend(removed);
                self.resync_soon();
                return Err(error.into());
            }
        };
        let left = outcomes.iter().zip(removed).filter(|(outcome, _)| outcome.is_err());
        instance.installed.extend(left.map(|(_, address)| address));
        if outcomes.iter().any(Result::is_err) {
            self.resync_soon();
        }
        all(outcomes)
    }

    fn replace_addresses(&mut self, key: Key) -> Result<(), Failure> {
        let instance = self.instances.get(&key).ok_or(Failure::NoInterface)?;
        let wanted = self.addresses_of(key.interface, &instance.config);
        let routes = self.routes_of(&instance.config);
        self.remove_routes(key, |installed| {
            !routes.iter().any(|(wanted, _)| wanted.is_same(installed))
        });
        let is_old =
            |installed: &Address| !wanted.iter().any(|(wanted, _)| wanted.is_same(installed));
        // One that cannot be removed is tried again; it does not make the router unfit.
        if let Err(error) = self.remove_addresses(key, is_old) {
            let (vrid, error) = (key.vrid.get(), crate::error::chain(&error));
            tracing::warn!(vrid, error, "an old address could not be removed");
        }
        self.add_addresses(key)
    }

    /// All that can be announced are, whatever fails among them.
    fn announce(&mut self, key: Key, times: u8) -> Result<(), Failure> {
        let own = &self.interfaces[key.interface];
        let instance = self.instances.get(&key).ok_or(Failure::NoInterface)?;
        let mut outcome = Ok(());
        for _ in 0..times {
            for address in instance.config.all_addresses() {
                let on = match address.device_name() {
                    Some(name) => self.interfaces.iter().find(|other| other.name == name),
                    None => Some(own),
                };
                // Without a carrier nobody is there to be told.
                let link = on.and_then(|on| on.link.as_ref()).filter(|link| {
                    let is_elsewhere = Some(link.index) != own.index();
                    link.is_operational() && (link.mac.is_some() || !is_elsewhere)
                });
                let Some(link) = link else { continue };
                outcome = outcome.and(self.announcer.announce(link, address.address()));
            }
        }
        Ok(outcome?)
    }

    fn notify(&mut self, key: Key, event: Event) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        let (interface, vrid) = (&instance.config.interface, key.vrid.get());
        match event {
            Event::StateChanged { from, to, cause } => {
                instance.state.store(state_code(to), Ordering::Release);
                tracing::info!(interface, vrid, %from, %to, ?cause, "state changed");
            }
            event => tracing::warn!(interface, vrid, ?event, "event"),
        }
        let Some(router) = self.routers.get(&key) else { return };
        let notice = Notice {
            at: Instant::now(),
            router: instance.id,
            priority: router.priority(),
            event,
            missed: 0,
        };
        instance.subscribers.publish(notice);
        self.subscribers.publish(notice);
    }
}

/// The first failure, after all were tried.
fn all(outcomes: Vec<Result<(), netlink_addr::AddressError>>) -> Result<(), Failure> {
    outcomes.into_iter().collect::<Result<(), _>>().map_err(Failure::from)
}
