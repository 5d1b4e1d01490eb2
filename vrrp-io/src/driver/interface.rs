//! The interfaces that routers run on, and their sockets.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use netlink_addr::{Address, Link};
use nix::sys::epoll::{EpollEvent, EpollFlags};
use vrrp_fsm::{Fault, Input};

use super::{Driver, Instance, Key, token};
use crate::config::{Delivery, RouterConfig, Tracked};
use crate::error::AddError;
use crate::socket::{Failure, Kind, ReceiveSocket, SendSocket};

/// An interface by its name, whether or not it exists at the moment.
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) link: Option<Link>,
    pub(super) addresses: Vec<Address>,
    pub(super) sockets: Sockets,
}

/// What a router needs of the sockets of its interface.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Needs {
    is_ipv6: bool,
    uses_ah: bool,
    group: Option<IpAddr>,
}

impl Needs {
    pub(super) fn of(config: &RouterConfig) -> Self {
        let group = match config.delivery {
            Delivery::Multicast(group) => Some(group),
            Delivery::Unicast(_) => None,
        };
        Self { is_ipv6: config.router.is_ipv6(), uses_ah: config.uses_ah(), group }
    }
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

    /// Whether a router has all that it needs.
    fn serve(&self, needs: Needs) -> bool {
        let Needs { is_ipv6, uses_ah, group } = needs;
        let [ipv4, ah, ipv6] = self.receive.each_ref().map(|socket| {
            socket.as_ref().is_some_and(|socket| group.is_none_or(|group| socket.is_in(group)))
        });
        let hears = if is_ipv6 { ipv6 } else { ipv4 && (ah || !uses_ah) };
        hears && self.sending(is_ipv6).is_some()
    }

    pub(super) fn sending(&self, is_ipv6: bool) -> Option<&SendSocket> {
        self.send[usize::from(is_ipv6)].as_ref()
    }
}

impl Interface {
    pub(super) fn index(&self) -> Option<u32> {
        self.link.as_ref().map(|link| link.index)
    }

    /// The first address that VRRP did not put there and the first of all, by family. Advertisements
    /// are sent from the former, for IPv6 a link-local one (RFC 9568 sections 5.1.1.1 and 5.1.2.1);
    /// the owner of the virtual addresses sends from the latter when it has no other.
    fn outlook(&self, installed: &BTreeSet<IpAddr>) -> Outlook {
        let first = |scope: Scope, may_be_virtual: bool| {
            let usable = self.addresses.iter().filter(|address| address.is_usable());
            usable.map(|address| address.local).find(|address| {
                Scope::of(*address) == scope && (may_be_virtual || !installed.contains(address))
            })
        };
        Outlook {
            is_operational: self.link.as_ref().is_some_and(Link::is_operational),
            own: Scope::ALL.map(|scope| first(scope, false)),
            any: Scope::ALL.map(|scope| first(scope, true)),
            all: self.addresses.iter().map(|address| address.local).collect(),
            usable: self
                .addresses
                .iter()
                .filter(|address| address.is_usable() && !installed.contains(&address.local))
                .map(|address| address.local)
                .collect(),
        }
    }
}

/// How an interface is, for the routers on it. Made once for all of them.
struct Outlook {
    is_operational: bool,
    own: [Option<IpAddr>; 3],
    any: [Option<IpAddr>; 3],
    all: BTreeSet<IpAddr>,
    /// Those that VRRP did not put there.
    usable: BTreeSet<IpAddr>,
}

/// Among which addresses the source of advertisements is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Ipv4,
    Ipv6Link,
    /// Only to unicast peers with such addresses.
    Ipv6Global,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Ipv4, Self::Ipv6Link, Self::Ipv6Global];

    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(address) if address.is_unicast_link_local() => Self::Ipv6Link,
            IpAddr::V6(_) => Self::Ipv6Global,
        }
    }

    /// That of the peers; of the group it is the link.
    fn for_router(config: &RouterConfig) -> Self {
        let peer = match &config.delivery {
            Delivery::Unicast(unicast) => unicast.peers.first().map(|peer| peer.address),
            Delivery::Multicast(_) => None,
        };
        match (config.router.is_ipv6(), peer) {
            (false, _) => Self::Ipv4,
            (true, Some(peer)) => Self::of(peer),
            (true, None) => Self::Ipv6Link,
        }
    }
}

impl Outlook {
    /// A source that serves is kept: the kernel lists addresses in an order of its own, and peers may know
    /// this one.
    fn primary(&self, config: &RouterConfig, current: Option<IpAddr>) -> Option<IpAddr> {
        if let Some(source) = config.source {
            return (!config.tracks_source || self.all.contains(&source)).then_some(source);
        }
        let scope = Scope::for_router(config);
        if let Some(current) = current.filter(|current| Scope::of(*current) == scope)
            && self.usable.contains(&current)
        {
            return Some(current);
        }
        let scope = scope as usize;
        let is_owner = config.router.priority().is_owner();
        self.own[scope].or(self.any[scope].filter(|_| is_owner))
    }
}

impl Driver {
    /// The place of the interface with this name; it has to exist.
    pub(super) fn interface(&mut self, name: &str) -> Result<usize, AddError> {
        if let Some(place) = self.place(name)
            && self.interfaces[place].link.is_some()
        {
            // The monitor keeps what is known of it up to date.
            return Ok(place);
        }
        let Some(link) = self.table.link_by_name(name)? else {
            return Err(AddError::NoInterface { interface: name.to_owned() });
        };
        let place = self.place_for(name);
        self.found(place, link);
        Ok(place)
    }

    /// Watches the interface with this name from now on, whether or not it exists.
    pub(super) fn register(&mut self, name: &str) {
        if self.interface(name).is_err() {
            self.place_for(name);
        }
    }

    fn place_for(&mut self, name: &str) -> usize {
        self.place(name).unwrap_or_else(|| {
            self.interfaces.push(Interface {
                name: name.to_owned(),
                link: None,
                addresses: Vec::new(),
                sockets: Sockets::default(),
            });
            self.interfaces.len() - 1
        })
    }

    /// The index of an interface that is watched and exists.
    pub(super) fn index_of(&self, name: &str) -> Option<u32> {
        self.interfaces.get(self.place(name)?)?.index()
    }

    /// The interface is there, as `link` says. With another index than before it is another one: the
    /// routers leave the old one first.
    pub(super) fn found(&mut self, place: usize, link: Link) {
        let index = link.index;
        let is_same = self.interfaces[place].index() == Some(index);
        if is_same {
            self.interfaces[place].link = Some(link);
            return;
        }
        self.lost(place);
        self.interfaces[place].link = Some(link);
        self.read_addresses(place);
        self.interfaces[place].sockets = Sockets::default();
        self.open_missing_sockets(place);
        // Active routers have addresses for it that had no place.
        for key in self.keys_needing(place) {
            self.input(key, Input::AddressesLost);
        }
    }

    /// The interface is gone, or no longer has its name. Its routers leave it while its index is known, so
    /// that they take their addresses off if it does exist.
    pub(super) fn lost(&mut self, place: usize) {
        if self.interfaces[place].link.is_none() {
            return;
        }
        for key in self.keys_on(place) {
            self.input(key, Input::Fault(Fault::InterfaceDown));
        }
        let interface = &mut self.interfaces[place];
        interface.link = None;
        interface.addresses.clear();
    }

    pub(super) fn keys_on(&self, place: usize) -> Vec<Key> {
        self.instances.keys().filter(|key| key.interface == place).copied().collect()
    }

    /// Routers that run elsewhere and have something on this interface.
    fn keys_needing(&self, place: usize) -> Vec<Key> {
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
        let tracked = Tracked::Interface(self.interfaces[place].name.clone());
        let tracks = |(key, instance): (&Key, &Instance)| {
            let is_meant = instance.tracking.iter().any(|(item, _, _)| *item == tracked);
            is_meant.then_some(*key)
        };
        self.instances.iter().filter_map(tracks).collect()
    }

    /// Reads the addresses of an interface. What was known stays when that fails, and it is tried again.
    pub(super) fn read_addresses(&mut self, place: usize) {
        let Some(index) = self.interfaces[place].index() else { return };
        match self.table.addresses() {
            Ok(mut addresses) => {
                addresses.retain(|address| address.interface == index);
                self.interfaces[place].addresses = addresses;
            }
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::error!(error, "cannot read the addresses of an interface");
                self.resync_soon();
            }
        }
    }

    /// Opens the sockets that a router needs and that are not open.
    pub(super) fn open_sockets(&mut self, place: usize, needs: Needs) -> Result<(), AddError> {
        let Needs { is_ipv6, uses_ah, group } = needs;
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
                let socket = ReceiveSocket::open(kind, &name).map_err(explain)?;
                let token = token::SOCKETS + (place * 4 + at) as u64;
                self.epoll
                    .add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, token))
                    .map_err(|errno| explain(("epoll", errno.into())))?;
                sockets.receive[at] = Some(socket);
            }
            if is_needed && let (Some(group), Some(socket)) = (group, &mut sockets.receive[at]) {
                socket.join(group, index).map_err(explain)?;
            }
        }
        let send = &mut sockets.send[usize::from(is_ipv6)];
        if send.is_none() {
            *send = Some(SendSocket::open(is_ipv6, &name, index).map_err(explain)?);
        }
        Ok(())
    }

    /// Opens the sockets that the routers on an interface need; what fails is tried again.
    pub(super) fn open_missing_sockets(&mut self, place: usize) {
        if self.interfaces[place].index().is_none() {
            return;
        }
        let on_it = self.instances.iter().filter(|(key, _)| key.interface == place);
        let needed: BTreeSet<Needs> =
            on_it.map(|(_, instance)| Needs::of(&instance.config)).collect();
        for needs in needed {
            if let Err(error) = self.open_sockets(place, needs) {
                let interface = &self.interfaces[place].name;
                let error = crate::error::chain(&error);
                tracing::error!(interface, error, "cannot use the interface yet");
                self.resync_soon();
            }
        }
    }

    /// The kernel forgets closed sockets in epoll by itself.
    pub(super) fn close_unused_sockets(&mut self, place: usize) {
        if self.keys_on(place).is_empty() {
            self.interfaces[place].sockets = Sockets::default();
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

    fn outlook(&self, place: usize) -> Outlook {
        let index = self.interfaces[place].index();
        let installed = self.instances.values().flat_map(|instance| &instance.installed);
        let installed = installed
            .filter(|address| Some(address.interface) == index)
            .map(|address| address.local);
        self.interfaces[place].outlook(&installed.collect())
    }

    fn tell(&mut self, key: Key, outlook: &Outlook) {
        let Some(router) = self.routers.get(&key) else { return };
        let Some(instance) = self.instances.get(&key) else { return };
        let interface = &self.interfaces[key.interface];
        let has_sockets = interface.sockets.serve(Needs::of(&instance.config));
        let is_up = match instance.config.ignores_interface {
            true => interface.link.is_some(),
            false => outlook.is_operational,
        };
        let is_operational = is_up && has_sockets;
        let primary = outlook.primary(&instance.config, router.primary_address());
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
