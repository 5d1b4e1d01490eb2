//! From actions to the kernel.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Instant;

use netlink_addr::Address;
use vrrp_fsm::proto::{
    EncodeError, HOP_LIMIT, Ipv4Envelope, MAX_IPV6_PACKET, MULTICAST_IPV4, MULTICAST_IPV6, Priority,
};
use vrrp_fsm::{Action, Actions, Event, Input, State};

use super::instance::initial_sequence;
use super::origin::ORIGIN;
use super::{Driver, Key};
use crate::handle::state_code;

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
        while let Some(action) = failed.pop_front() {
            if let Some(actions) = self.routers.handle(self.now(), &key, Input::Failed(action)) {
                self.perform_list(key, actions, &mut failed);
            }
        }
    }

    fn perform_list(&mut self, key: Key, actions: Actions, failed: &mut VecDeque<Action>) {
        failed.extend(actions.into_iter().filter(|action| !self.perform_action(key, *action)));
    }

    /// Performs one action and says whether that went well.
    pub(super) fn perform_action(&mut self, key: Key, action: Action) -> bool {
        let outcome = match action {
            Action::Transmit(priority) => self.transmit(key, priority),
            Action::AddAddresses => self.add_addresses(key),
            Action::RemoveAddresses => self.remove_addresses(key, |_| true),
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
        let mut buffer = [0; MAX_IPV6_PACKET];
        let (length, destination) = match router.primary_address().ok_or(Failure::NoInterface)? {
            IpAddr::V4(source) => {
                let envelope = Ipv4Envelope {
                    source,
                    destination: MULTICAST_IPV4,
                    ttl: HOP_LIMIT,
                    identification: instance.next_identification(),
                };
                let form = instance.config.checksum;
                let length =
                    instance.signer.encode_ipv4(&advertisement, &envelope, form, &mut buffer)?;
                (length, MULTICAST_IPV4.into())
            }
            IpAddr::V6(source) => {
                let length = advertisement.encode_ipv6(source, MULTICAST_IPV6, &mut buffer)?;
                (length, MULTICAST_IPV6.into())
            }
        };
        socket.send(&buffer[..length], destination).map_err(Failure::Send)
    }

    fn add_addresses(&mut self, key: Key) -> Result<(), Failure> {
        let index = self.interfaces[key.interface].index().ok_or(Failure::NoInterface)?;
        let instance = self.instances.get_mut(&key).ok_or(Failure::NoInterface)?;
        let mut wanted = instance.config.interface_addresses(index);
        // What an owner has already is its own: it is neither added nor, later, removed.
        let own = &self.interfaces[key.interface].addresses;
        wanted.retain(|wanted| {
            instance.installed.iter().any(|installed| installed.is_same(wanted))
                || !own.iter().any(|own| own.is_same(wanted) && own.protocol != ORIGIN)
        });
        // Only a removal makes it forget what it has put there.
        for wanted in &wanted {
            if !instance.installed.iter().any(|installed| installed.is_same(wanted)) {
                instance.installed.push(wanted.clone());
            }
        }
        all(self.table.add(&wanted)?)
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
        let index = self.interfaces[key.interface].index().ok_or(Failure::NoInterface)?;
        let instance = self.instances.get(&key).ok_or(Failure::NoInterface)?;
        let wanted = instance.config.interface_addresses(index);
        let is_old = |installed: &Address| !wanted.iter().any(|wanted| wanted.is_same(installed));
        // One that cannot be removed is tried again; it does not make the router unfit.
        if let Err(error) = self.remove_addresses(key, is_old) {
            let (vrid, error) = (key.vrid.get(), crate::error::chain(&error));
            tracing::warn!(vrid, error, "an old address could not be removed");
        }
        self.add_addresses(key)
    }

    /// All that can be announced are, whatever fails among them.
    fn announce(&mut self, key: Key, times: u8) -> Result<(), Failure> {
        let interface = &self.interfaces[key.interface];
        let link = interface.link.as_ref().ok_or(Failure::NoInterface)?;
        let instance = self.instances.get(&key).ok_or(Failure::NoInterface)?;
        let mut outcome = Ok(());
        for _ in 0..times {
            for address in &instance.config.addresses {
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
        instance.subscribers.publish(Instant::now(), event);
    }
}

/// The first failure, after all were tried.
fn all(outcomes: Vec<Result<(), netlink_addr::AddressError>>) -> Result<(), Failure> {
    outcomes.into_iter().collect::<Result<(), _>>().map_err(Failure::from)
}
