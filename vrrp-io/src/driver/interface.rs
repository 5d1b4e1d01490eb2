//! The interfaces that routers run on, and their sockets.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use netlink_addr::{Address, AddressFlags, Link};
use nix::sys::epoll::{EpollEvent, EpollFlags};
use vrrp_fsm::{Fault, Input};

use super::instance::ORIGIN;
use super::{Driver, Key, token};
use crate::config::{RouterConfig, VirtualAddress};
use crate::error::AddError;
use crate::socket::{Failure, Kind, ReceiveSocket, SendSocket};

/// An interface by its name, whether or not it exists at the moment.
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) link: Option<Link>,
    pub(super) addresses: Vec<Address>,
    pub(super) sockets: Sockets,
}

#[derive(Default)]
pub(super) struct Sockets {
    /// By place: IPv4, IPv4 with AH, IPv6.
    receive: [Option<ReceiveSocket>; 3],
    /// IPv4, IPv6.
    send: [Option<SendSocket>; 2],
}

impl Sockets {
    const KINDS: [Kind; 3] = [Kind::Ipv4, Kind::Ipv4Ah, Kind::Ipv6];

    pub(super) fn receiving(&self, place: usize) -> Option<&ReceiveSocket> {
        self.receive.get(place)?.as_ref()
    }

    pub(super) fn sending(&self, is_ipv6: bool) -> Option<&SendSocket> {
        self.send[usize::from(is_ipv6)].as_ref()
    }
}

impl Interface {
    pub(super) fn index(&self) -> Option<u32> {
        self.link.as_ref().map(|link| link.index)
    }

    /// The first address that is not virtual and the first of all, by family. Advertisements are sent
    /// from the former, for IPv6 a link-local one (RFC 9568 sections 5.1.1.1 and 5.1.2.1); the owner of
    /// the virtual addresses sends from the latter when it has no other.
    fn outlook(&self, virtual_addresses: &BTreeSet<IpAddr>) -> Outlook {
        let first = |is_ipv6: bool, may_be_virtual: bool| {
            let usable = self.addresses.iter().filter(|address| address.is_usable());
            usable.map(|address| address.local).find(|address| {
                let is_suitable = match address {
                    IpAddr::V4(_) => !is_ipv6,
                    IpAddr::V6(address) => is_ipv6 && address.is_unicast_link_local(),
                };
                is_suitable && (may_be_virtual || !virtual_addresses.contains(address))
            })
        };
        Outlook {
            is_operational: self.link.as_ref().is_some_and(Link::is_operational),
            own: [first(false, false), first(true, false)],
            any: [first(false, true), first(true, true)],
        }
    }
}

/// How an interface is, for the routers on it. Made once for all of them.
pub(super) struct Outlook {
    is_operational: bool,
    own: [Option<IpAddr>; 2],
    any: [Option<IpAddr>; 2],
}

impl Driver {
    /// The place of the interface with this name; it has to exist when it is first asked for.
    pub(super) fn interface(&mut self, name: &str) -> Result<usize, AddError> {
        let known = self.interfaces.iter().position(|interface| interface.name == name);
        let link = self.table.link_by_name(name)?;
        let Some(link) = link else {
            return Err(AddError::NoInterface { interface: name.to_owned() });
        };
        let addresses = self.addresses_of(link.index)?;
        if let Some(place) = known {
            self.interfaces[place].link = Some(link);
            self.interfaces[place].addresses = addresses;
            return Ok(place);
        }
        self.interfaces.push(Interface {
            name: name.to_owned(),
            link: Some(link),
            addresses,
            sockets: Sockets::default(),
        });
        Ok(self.interfaces.len() - 1)
    }

    pub(super) fn addresses_of(&mut self, index: u32) -> Result<Vec<Address>, netlink_addr::Error> {
        let mut addresses = self.table.addresses()?;
        addresses.retain(|address| address.interface == index);
        Ok(addresses)
    }

    /// Opens the sockets that a router needs and that are not open.
    pub(super) fn open_sockets(
        &mut self,
        place: usize,
        is_ipv6: bool,
        uses_ah: bool,
    ) -> Result<(), AddError> {
        let interface = &mut self.interfaces[place];
        let name = interface.name.clone();
        let Some(index) = interface.index() else {
            return Err(AddError::NoInterface { interface: name });
        };
        let explain = |(action, source): Failure| match source.kind() {
            io::ErrorKind::PermissionDenied => AddError::Permission(source),
            _ => AddError::Socket { interface: name.clone(), action, source },
        };
        let sockets = &mut interface.sockets;
        for (at, kind) in Sockets::KINDS.into_iter().enumerate() {
            let is_needed = match kind {
                Kind::Ipv4 => !is_ipv6,
                Kind::Ipv4Ah => uses_ah,
                Kind::Ipv6 => is_ipv6,
            };
            if is_needed && sockets.receive[at].is_none() {
                let socket = ReceiveSocket::open(kind, &name, index).map_err(explain)?;
                let token = token::SOCKETS + (place * 4 + at) as u64;
                self.epoll
                    .add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, token))
                    .map_err(|errno| explain(("epoll", errno.into())))?;
                sockets.receive[at] = Some(socket);
            }
        }
        let send = &mut sockets.send[usize::from(is_ipv6)];
        if send.is_none() {
            *send = Some(SendSocket::open(is_ipv6, &name, index).map_err(explain)?);
        }
        Ok(())
    }

    /// Opens all sockets of an interface anew, because it returned with another index.
    pub(super) fn reopen_sockets(&mut self, place: usize) -> Result<(), AddError> {
        self.interfaces[place].sockets = Sockets::default();
        let needed: Vec<(bool, bool)> = self
            .instances
            .iter()
            .filter(|(key, _)| key.interface == place)
            .map(|(key, instance)| (key.is_ipv6, instance.config.uses_ah()))
            .collect();
        needed
            .into_iter()
            .try_for_each(|(is_ipv6, uses_ah)| self.open_sockets(place, is_ipv6, uses_ah))
    }

    /// The kernel forgets closed sockets in epoll by itself.
    pub(super) fn close_unused_sockets(&mut self, place: usize) {
        let is_used = self.instances.keys().any(|key| key.interface == place);
        if !is_used {
            self.interfaces[place].sockets = Sockets::default();
        }
    }

    /// Removes virtual addresses that a crash left behind. An owner adopts them instead.
    ///
    /// Where the kernel keeps `IFA_PROTO`, only addresses of VRRP are touched; elsewhere one with the
    /// configured prefix length counts as a leftover.
    pub(super) fn clean_up(&mut self, place: usize, config: &RouterConfig) -> Result<(), AddError> {
        if config.router.priority().is_owner() {
            return Ok(());
        }
        let Some(index) = self.interfaces[place].index() else { return Ok(()) };
        let all = self.table.addresses()?;
        // The kernel marks its own addresses (loopback, link-local), where it marks any.
        let has_origins = all.iter().any(|address| address.protocol != 0);
        let configured = config.interface_addresses(index);
        let is_configured = |present: &&Address| {
            present.interface == index
                && configured.iter().any(|address| address.local == present.local)
        };
        for present in all.iter().filter(is_configured) {
            let is_leftover = match has_origins {
                true => present.protocol == ORIGIN,
                false => configured.iter().any(|address| address.is_same(present)),
            };
            if !is_leftover {
                return Err(AddError::AddressInUse {
                    interface: config.interface.clone(),
                    address: present.local,
                });
            }
        }
        // Asked for even when nothing is there: the answer tells at once whether we may.
        for outcome in self.table.remove(&configured)? {
            outcome?;
        }
        self.interfaces[place].addresses = self.addresses_of(index)?;
        Ok(())
    }

    pub(super) fn outlook(&self, place: usize) -> Outlook {
        let instances = self.instances.iter().filter(|(key, _)| key.interface == place);
        let addresses = instances.flat_map(|(_, instance)| &instance.config.addresses);
        self.interfaces[place].outlook(&addresses.map(VirtualAddress::address).collect())
    }

    /// Tells a router how its interface is.
    pub(super) fn tell_interface(&mut self, key: Key, outlook: &Outlook) {
        let Some(router) = self.routers.get(&key) else { return };
        let family = usize::from(key.is_ipv6);
        let is_owner = router.config().priority().is_owner();
        let primary = outlook.own[family].or(outlook.any[family].filter(|_| is_owner));
        let is_new_address = router.primary_address() != primary;
        let is_known_down = router.faults().any(|fault| fault == Fault::InterfaceDown);
        if is_new_address {
            self.input(key, Input::PrimaryAddress(primary));
        }
        match (outlook.is_operational, is_known_down) {
            (true, true) => self.input(key, Input::Recovered(Fault::InterfaceDown)),
            (false, false) => self.input(key, Input::Fault(Fault::InterfaceDown)),
            _ => {}
        }
    }

    /// Whether all addresses of the list are on their interface, usable or not.
    pub(super) fn are_present(&mut self, addresses: &[Address]) -> bool {
        let Ok(present) = self.table.addresses() else { return true };
        addresses.iter().all(|address| {
            present.iter().any(|present| {
                present.is_same(address) && !present.flags.contains(AddressFlags::DADFAILED)
            })
        })
    }
}
