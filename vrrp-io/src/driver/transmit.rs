//! Advertisements go out.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use vrrp_fsm::proto::{HOP_LIMIT, Ipv4Envelope, MAX_IPV6_PACKET, Priority};
use vrrp_fsm::{Action, State};

use super::perform::{Failed, Failure};
use super::{Driver, Key};
use crate::code::state_code;
use crate::config::Delivery;
use crate::socket::Way;

impl Driver {
    /// Sends the advertisements of many routers together.
    pub(super) fn transmit(&mut self, adverts: &[(Key, Action)], failed: &mut Failed) {
        for (key, action) in adverts {
            if let Action::Transmit(priority) = action
                && let Err(error) = self.write_advertisement(*key, *priority)
            {
                self.fail(*key, *action, &error, failed);
            }
        }
        for ((key, priority), error) in self.sender.send(&mut self.outbox) {
            let action = Action::Transmit(priority);
            // A router with many peers fails once.
            if !failed.contains(&(key, action)) {
                self.fail(key, action, &Failure::Send(error), failed);
            }
        }
    }

    /// Puts an advertisement into the outbox, once for each that it is for.
    fn write_advertisement(&mut self, key: Key, priority: Priority) -> Result<(), Failure> {
        let router = self.routers.get(&key).ok_or(Failure::NoInterface)?;
        let instance = self.instances.get_mut(&key).ok_or(Failure::NoInterface)?;
        if instance.state.load(Ordering::Acquire) != state_code(State::Active) {
            instance.proof.take_over();
        }
        let settings = instance.config.virtual_interface.as_deref();
        let place = match instance.carriers.iter().find(|c| c.base == key.interface) {
            Some(carrier) if settings.is_some_and(|own| !own.transmits_on_base) => carrier.place,
            _ => key.interface,
        };
        let index = self.interfaces[place].index().ok_or(Failure::NoInterface)?;
        let advertisement = router.advertisement(priority);
        let source = router.primary_address().ok_or(Failure::NoInterface)?;
        let mut buffer = [0; MAX_IPV6_PACKET];
        let (group, peers, ttl) = match &instance.config.delivery {
            Delivery::Multicast(group) => (Some(*group), &[][..], HOP_LIMIT),
            Delivery::Unicast(unicast) => (None, &unicast.peers[..], unicast.ttl),
        };
        let form = instance.config.checksum;
        let destinations = group.into_iter().chain(peers.iter().map(|peer| peer.address));
        for (place, destination) in destinations.enumerate() {
            // Counts from 1 and leaves out 0, which the kernel would replace.
            instance.identification = instance.identification.checked_add(1).unwrap_or(1);
            let length = match (source, destination) {
                (IpAddr::V4(source), IpAddr::V4(destination)) => {
                    let identification = instance.identification;
                    let envelope = Ipv4Envelope { source, destination, ttl, identification };
                    // One number for one advertisement, however many hear it.
                    let is_again = place > 0;
                    let proof = &mut instance.proof;
                    proof.encode_ipv4(&advertisement, &envelope, form, is_again, &mut buffer)
                }
                (IpAddr::V6(source), IpAddr::V6(destination)) => {
                    let length = {
                        let proof = &mut instance.proof;
                        proof.encode_ipv6(&advertisement, source, destination, &mut buffer)
                    };
                    // Octet 7 of the IPv6 header.
                    buffer[7] = ttl;
                    length
                }
                _ => return Err(Failure::NoInterface),
            };
            let tag = (key, priority);
            let way = Way { source, destination, interface: Some(index) };
            self.outbox.push(&buffer[..length?], way, tag);
        }
        Ok(())
    }
}
