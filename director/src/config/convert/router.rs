//! From `vrrp_instance` to a router.

use std::net::IpAddr;
use std::num::NonZeroU8;

use keepalived_conf::Severity;
use keepalived_conf::model::{Instance, Interval as IntervalLine, Peer as PeerLine, RxPolicy};
use vrrp_io::fsm::{Announcements, OwnerConflict};
use vrrp_io::proto::{
    AcceptedChecksum, Centiseconds, ChecksumForm, Interval, Priority, Seconds, Vrid,
};
use vrrp_io::{Delivery, Peer, RouterConfig, Unicast};

use super::Machine;
use super::proof::{authentication, hmac};

impl Machine<'_> {
    pub(super) fn router(mut self, instance: &mut Instance) -> Option<RouterConfig> {
        let interface = self.interface(instance)?;
        let vrid = Vrid::new(instance.vrid).ok()?;
        let interval = match instance.interval {
            IntervalLine::V2Seconds(seconds) => Interval::V2(Seconds::new(seconds).ok()?),
            IntervalLine::V3Centiseconds(hundredths) => {
                Interval::V3(Centiseconds::new(hundredths).ok()?)
            }
        };
        let mut addresses: Vec<_> =
            instance.addresses.iter().filter_map(|line| self.address(line)).collect();
        let mut excluded: Vec<_> =
            instance.excluded.iter().filter_map(|line| self.address(line)).collect();
        let room = self.room_for_addresses(instance);
        if addresses.len() > room {
            let message = format!("a packet of {interface} has room for {room} addresses");
            let help = "those after them are not advertised";
            self.problem(Severity::Error, instance.span, message, help);
            excluded.splice(0..0, addresses.split_off(room));
        }
        let routes: Vec<_> = instance.routes.iter().filter_map(|line| self.route(line)).collect();
        let rules: Vec<_> = instance.rules.iter().filter_map(|line| self.rule(line)).collect();
        if addresses.is_empty() && !instance.no_virtual_ipaddress {
            let message = format!("vrrp_instance {} has no virtual address", instance.name);
            let help = "write virtual_ipaddress { ADDRESS }: an advertisement names at least one";
            self.problem(Severity::Error, instance.span, message, help);
            return None;
        }
        let mut builder = RouterConfig::builder(interface, vrid)
            .priority(Priority::new(instance.priority).ok()?)
            .interval(interval)
            .addresses(addresses)
            .excluded(excluded)
            .routes(routes)
            .rules(rules)
            .accept(instance.accepts)
            .take_over_addresses()
            .preempt(instance.preempt)
            .preempt_delay(instance.preempt_delay)
            .answer_losing(!instance.lower_prio_no_advert)
            .announcements(announcements(instance))
            .active_down_intervals(NonZeroU8::new(instance.down_timer_adverts)?)
            .advertise_before_yielding(instance.higher_prio_send_advert)
            .check_addresses(!instance.skips_address_check)
            .owner_conflict(match instance.owner_ignore_adverts {
                true => OwnerConflict::Discard,
                false => OwnerConflict::Elect,
            });
        if let Some(line) = &instance.virtual_interface {
            let mut own = self.virtual_interface(line)?;
            if let Some(extra) = &instance.garp_extra_if {
                own = own.remind(extra.interval, extra.is_everywhere);
            }
            builder = builder.virtual_interface(own);
        }
        if let Some(prefix) = &self.global.defaults.vmac_addr_prefix {
            builder = builder.carrier_prefix(prefix.as_str());
        }
        if instance.no_virtual_ipaddress {
            builder = builder.allow_no_addresses(instance.is_ipv6);
        }
        if self.global.dynamic_interfaces.is_some() {
            builder = builder.await_interfaces();
        }
        if instance.promote_secondaries {
            builder = builder.promote_secondaries();
        }
        if let Some(others) = instance.timer_expired_backup {
            builder = builder.yield_when_late(Priority::new(others).ok()?);
        }
        if let Some(octets) = self.receive_buffer(instance) {
            builder = builder.receive_buffer(octets);
        }
        if let Some(source) = instance.source {
            builder = builder.source(source);
        }
        if instance.tracks_source {
            builder = builder.track_source();
        }
        if instance.ignores_interface {
            builder = builder.ignore_interface_state();
        }
        if let Some(group) = self.group {
            builder = builder.group(&group.name);
        }
        let mut has_old_checksum = false;
        if let Some(unicast) = &instance.unicast {
            has_old_checksum = unicast.has_old_checksum;
            let is_self = |address: IpAddr| {
                let all = self.interfaces.iter().flat_map(|interfaces| &interfaces.addresses);
                all.into_iter().any(|(own, _)| *own == address)
            };
            let (own, others): (Vec<&PeerLine>, Vec<&PeerLine>) =
                unicast.peers.iter().partition(|peer| is_self(peer.address));
            for peer in own {
                let message = format!("peer {} is this machine", peer.address);
                self.problem(Severity::Error, instance.span, message, "the peer is left out");
            }
            let peers = others
                .into_iter()
                .map(|peer| Peer::new(peer.address).ttl(peer.min_ttl..=peer.max_ttl));
            let mut delivery = Unicast::new(peers).ttl(unicast.ttl);
            if unicast.needs_peer {
                delivery = delivery.need_peer();
            }
            builder = builder.delivery(Delivery::Unicast(delivery));
        } else if let Some(group) = instance.group {
            builder = builder.delivery(Delivery::Multicast(group));
        }
        builder = match (instance.v3_checksum_as_v2, has_old_checksum) {
            (true, _) => builder.checksum(ChecksumForm::Rfc9568),
            (_, true) => {
                builder.checksum(ChecksumForm::ToGroup).accepted_checksum(AcceptedChecksum::Any)
            }
            _ => builder,
        };
        match authentication(&instance.authentication) {
            Ok(authentication) => builder = builder.authentication(authentication),
            Err(error) => {
                let message = format!("vrrp_instance {}: auth_pass: {error}", instance.name);
                self.problem(Severity::Fatal, instance.span, message, "write 1 to 8 octets");
                return None;
            }
        }
        if let Some(line) = &instance.hmac {
            match hmac(line, interval) {
                Ok(proof) => builder = builder.hmac(proof),
                Err(error) => {
                    // What nobody has signed is not to be believed: it does not run without.
                    let message = format!("vrrp_instance {}: auth_hmac: {error}", instance.name);
                    self.problem(
                        Severity::Fatal,
                        instance.span,
                        message,
                        "the instance cannot run",
                    );
                    return None;
                }
            }
        }
        for (tracked, weight) in self.tracked(instance) {
            builder = builder.track(tracked, weight);
        }
        match builder.build() {
            Ok(config) => Some(config),
            Err(error) => {
                let message = format!("vrrp_instance {}: {error}", instance.name);
                self.problem(Severity::Fatal, instance.span, message, "the instance is left out");
                None
            }
        }
    }

    /// The interface that is named; for a unicast instance without one, that of its source address.
    fn interface(&mut self, instance: &mut Instance) -> Option<String> {
        if instance.interface.is_none()
            && let (Some(interfaces), Some(source)) = (self.interfaces, instance.source)
        {
            let found = interfaces.addresses.iter().find(|(address, _)| *address == source);
            instance.interface = found.map(|(_, name)| name.clone());
        }
        // A VRF is where its interfaces are at home: a socket that is bound to it hears them all.
        let interface = instance.interface.clone().or_else(|| instance.vrf.clone());
        let Some(interface) = interface else {
            let message = format!("vrrp_instance {} has no interface", instance.name);
            let help = "write interface NAME, or the unicast_src_ip of an interface";
            self.problem(Severity::Fatal, instance.span, message, help);
            return None;
        };
        self.may_use(&interface, instance.span).then_some(interface)
    }

    /// How many addresses an advertisement can name on its interface.
    fn room_for_addresses(&self, instance: &Instance) -> usize {
        let mtus = self.interfaces.as_ref().map(|all| &all.mtus);
        let mtu = instance.interface.as_ref().and_then(|name| mtus?.get(name)).copied();
        let mtu = mtu.and_then(|mtu| usize::try_from(mtu).ok()).unwrap_or(1500);
        // The IP header, that of VRRP, the authentication data of version 2, AH, and the HMAC trailer.
        let (ip, address) = if instance.is_ipv6 { (40, 16) } else { (20 + 24, 4) };
        let trailer = if instance.hmac.is_some() { 28 } else { 0 };
        (mtu.saturating_sub(ip + 8 + 8 + trailer) / address).max(1)
    }

    /// `kernel_rx_buf_size`, or what `vrrp_rx_bufs_policy` makes of this instance.
    fn receive_buffer(&self, instance: &Instance) -> Option<usize> {
        /// What the kernel takes for a packet besides its octets.
        const OVERHEAD: usize = 768;
        if let Some(octets) = instance.kernel_rx_buf_size {
            return usize::try_from(octets).ok();
        }
        let buffers = &self.global.rx_buffers;
        let packet = match buffers.policy? {
            RxPolicy::Octets(octets) => return usize::try_from(octets).ok(),
            RxPolicy::Mtu => {
                let mtus = self.interfaces.as_ref().map(|all| &all.mtus);
                let mtu = instance.interface.as_ref().and_then(|name| mtus?.get(name));
                mtu.copied().unwrap_or(1500) as usize
            }
            RxPolicy::Advert => {
                let (header, address) = if instance.is_ipv6 { (48, 16) } else { (60, 4) };
                header + address * instance.addresses.len()
            }
            _ => return None,
        };
        let count = usize::try_from(buffers.multiplier).unwrap_or(usize::MAX);
        Some((packet + OVERHEAD).saturating_mul(count))
    }
}

fn announcements(instance: &Instance) -> Announcements {
    let octet = |count: u32| u8::try_from(count).unwrap_or(u8::MAX);
    let line = instance.announcing;
    Announcements {
        repeat: octet(line.repeat),
        delay: line.delay,
        refresh: line.refresh,
        refresh_repeat: octet(line.refresh_repeat),
        contest_repeat: Some(octet(line.lower_prio_repeat)),
        contest_delay: Some(line.lower_prio_delay),
        ..Announcements::default()
    }
}
