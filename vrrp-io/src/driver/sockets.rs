//! The sockets of an interface, which all routers there share.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use nix::sys::epoll::{EpollEvent, EpollFlags};

use super::{Driver, Key, token};
use crate::config::{Delivery, RouterConfig};
use crate::error::AddError;
use crate::socket::{Failure, Kind, ReceiveSocket};

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
}

impl Sockets {
    const KINDS: [Kind; 3] = [Kind::Ipv4, Kind::Ipv4Ah, Kind::Ipv6];

    pub(super) fn receiving(&self, place: usize) -> Option<&ReceiveSocket> {
        self.receive.get(place)?.as_ref()
    }

    /// Whether a router has all that it needs.
    pub(super) fn serve(&self, needs: Needs) -> bool {
        let Needs { is_ipv6, uses_ah, group } = needs;
        let [ipv4, ah, ipv6] = self.receive.each_ref().map(|socket| {
            socket.as_ref().is_some_and(|socket| group.is_none_or(|group| socket.is_in(group)))
        });
        if is_ipv6 { ipv6 } else { ipv4 && (ah || !uses_ah) }
    }
}

impl Driver {
    /// Opens the sockets that a router needs and that are not open.
    pub(super) fn open_sockets(&mut self, place: usize, needs: Needs) -> Result<(), AddError> {
        let Needs { is_ipv6, uses_ah, group } = needs;
        let interface = self.interfaces.get_mut(place);
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
        self.sender.open(is_ipv6).map_err(explain)
    }

    /// Opens the sockets that the routers on an interface need; what fails is tried again.
    pub(super) fn open_missing_sockets(&mut self, place: usize) {
        if self.interfaces[place].index().is_none() {
            return;
        }
        let on_it = self.instances.range(Key::first(place)..);
        let on_it = on_it.take_while(|(key, _)| key.interface == place);
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
        self.set_room(place);
    }

    /// Gives the sockets of an interface the room that its routers want.
    pub(super) fn set_room(&mut self, place: usize) {
        let on_it = self.instances.range(Key::first(place)..);
        let on_it = on_it.take_while(|(key, _)| key.interface == place);
        /// `SO_RCVBUF` is an `int`, which the kernel doubles.
        const MOST: usize = 1 << 29;
        let wanted: Vec<usize> =
            on_it.filter_map(|(_, instance)| instance.config.receive_buffer).collect();
        let sum = wanted.iter().fold(0, |sum: usize, octets| sum.saturating_add(*octets).min(MOST));
        let room = (!wanted.is_empty()).then_some(sum);
        for socket in self.interfaces[place].sockets.receive.iter().flatten() {
            if let Err((_, error)) = socket.set_room(room) {
                tracing::warn!(%error, "the receive buffer stays as it is");
            }
        }
    }

    /// The kernel forgets closed sockets in epoll by itself.
    pub(super) fn close_unused_sockets(&mut self, place: usize) {
        let next = self.instances.range(Key::first(place)..).next();
        if next.is_none_or(|(key, _)| key.interface != place) {
            self.interfaces.get_mut(place).sockets = Sockets::default();
        }
    }
}
