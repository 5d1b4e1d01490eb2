//! Lines of addresses, and interfaces that are made for them.

use std::net::{IpAddr, Ipv4Addr};

use keepalived_conf::Severity;
use keepalived_conf::model::{
    AddressLine, Broadcast, IpvlanModeWord, PreferredLifetime, VirtualInterfaceKind,
    VirtualInterfaceLine,
};
use vrrp_io::{
    AddressFlags, IpvlanMode, Lifetime, MacAddress, Scope, VirtualAddress, VirtualInterface,
};

use super::{Machine, watcher};

impl Machine<'_> {
    pub(super) fn address(&mut self, line: &AddressLine) -> Option<VirtualAddress> {
        let mut address = VirtualAddress::new(line.address, line.prefix_length).ok()?;
        if let Some(device) = &line.device {
            if !self.may_use(device, line.span) {
                return None;
            }
            address = address.device(device);
        }
        if let Some(scope) = line.scope {
            address = address.scope(Scope(scope));
        }
        if let Some(label) = &line.label {
            address = address.label(label);
        }
        if let Some((peer, _)) = line.peer {
            address = address.peer(peer);
        }
        if let (Some(broadcast), IpAddr::V4(own)) = (line.broadcast, line.address) {
            address = address.broadcast(broadcast_address(broadcast, own, line.prefix_length));
        }
        let flags = [
            (line.address.is_ipv6() && !line.detects_duplicates, AddressFlags::NODAD),
            (line.is_home, AddressFlags::HOMEADDRESS),
            (line.manages_temporary, AddressFlags::MANAGETEMPADDR),
            (line.has_no_prefix_route, AddressFlags::NOPREFIXROUTE),
            (line.joins_group, AddressFlags::MCAUTOJOIN),
        ];
        let set = flags.into_iter().filter(|(is_set, _)| *is_set);
        let flags = set.fold(AddressFlags::NONE, |all, (_, flag)| all | flag);
        let usual = if line.address.is_ipv6() { AddressFlags::NODAD } else { AddressFlags::NONE };
        if flags != usual {
            address = address.flags(flags);
        }
        if let Some(preferred) = line.preferred {
            address = address.preferred(match preferred {
                PreferredLifetime::For(time) => Lifetime::For(time),
                _ => Lifetime::Forever,
            });
        }
        if let Some(group) = &line.track_group {
            address = address.watched_as(watcher(group));
        }
        if line.uses_vmac {
            address = address.carried();
        }
        Some(if line.is_tracked { address } else { address.untracked() })
    }

    pub(super) fn virtual_interface(
        &mut self,
        line: &VirtualInterfaceLine,
    ) -> Option<VirtualInterface> {
        let mut own = match line.kind {
            VirtualInterfaceKind::Ipvlan { mode, address } => {
                let own = VirtualInterface::ipvlan(match mode {
                    IpvlanModeWord::Bridge => IpvlanMode::Bridge,
                    IpvlanModeWord::Private => IpvlanMode::Private,
                    IpvlanModeWord::Vepa => IpvlanMode::Vepa,
                });
                match address {
                    Some((address, Some(length))) => {
                        own.address(VirtualAddress::new(address, length).ok()?)
                    }
                    Some((address, None)) => own.address(address.into()),
                    None => own,
                }
            }
            VirtualInterfaceKind::Macvlan(Some(mac)) => {
                VirtualInterface::macvlan().mac(MacAddress(mac))
            }
            _ => VirtualInterface::macvlan(),
        };
        if let Some(name) = &line.name {
            own = own.name(name);
        }
        if let Some(prefix) = &line.prefix {
            own = own.prefix(prefix);
        }
        if line.transmits_on_base {
            own = own.transmit_on_base();
        }
        if line.carries_all {
            own = own.carry_all();
        }
        if let Some(word) = &line.group {
            match self.names.group(word) {
                Some(group) => own = own.group(group),
                None => {
                    let message = format!("group is {word}");
                    let help = "allowed is a number, or a name that iproute2 knows";
                    self.problem(Severity::Error, line.span, message, help);
                }
            }
        }
        Some(own)
    }
}

fn broadcast_address(broadcast: Broadcast, own: Ipv4Addr, length: u8) -> Ipv4Addr {
    let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
    match broadcast {
        Broadcast::Address(address) => address,
        Broadcast::Zeros => Ipv4Addr::from(u32::from(own) & !host),
        _ => Ipv4Addr::from(u32::from(own) | host),
    }
}
