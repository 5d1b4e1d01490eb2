//! Whole IP packets, many with one system call.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, sendmmsg,
    setsockopt, sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{SocketAddrV4, SocketAddrV6};

use super::{Failure, step};

/// `IPPROTO_RAW`: the caller writes the IP header.
const IPPROTO_RAW: i32 = 255;
/// Packets that go out with one system call.
const BATCH: usize = 64;
/// A thousand routers may speak at once, and a slow interface takes its time.
const SEND_BUFFER: usize = 4 * 1024 * 1024;

/// Packets that wait to be sent together, each with a tag that tells its sender.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    octets: Vec<u8>,
    packets: Vec<Packet<T>>,
}

#[derive(Debug)]
struct Packet<T> {
    end: usize,
    way: Way,
    tag: T,
}

/// From where to where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// As the packet has it. The kernel would choose one of its own, and takes long to choose among many
    /// addresses.
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    /// The interface that it leaves through; `None` for what the routing tables say.
    pub(crate) interface: Option<u32>,
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        Self { octets: Vec::new(), packets: Vec::new() }
    }
}

impl<T> Outbox<T> {
    pub(crate) fn push(&mut self, packet: &[u8], way: Way, tag: T) {
        self.octets.extend(packet);
        self.packets.push(Packet { end: self.octets.len(), way, tag });
    }

    fn packet(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.packets[before].end);
        &self.octets[start..self.packets[at].end]
    }
}

/// Sends what is in an [`Outbox`].
pub(crate) struct Sender {
    ipv4: Option<Path<SockaddrIn>>,
    ipv6: Option<Path<SockaddrIn6>>,
}

struct Path<S> {
    socket: Socket,
    /// With the room to name an interface, and without.
    on_interface: MultiHeaders<S>,
    routed: MultiHeaders<S>,
}

impl Sender {
    pub(crate) const fn new() -> Self {
        Self { ipv4: None, ipv6: None }
    }

    /// Makes sure that this family can be sent.
    pub(crate) fn open(&mut self, is_ipv6: bool) -> Result<(), Failure> {
        if is_ipv6 && self.ipv6.is_none() {
            let socket = raw(Domain::IPV6)?;
            step("IPV6_MULTICAST_LOOP", socket.set_multicast_loop_v6(false))?;
            // The source is that of the router, also where it is on another interface.
            step("IPV6_FREEBIND", socket.set_freebind_v6(true))?;
            self.ipv6 = Some(Path::new(socket, cmsg_space!(in6_pktinfo)));
        } else if !is_ipv6 && self.ipv4.is_none() {
            let socket = raw(Domain::IPV4)?;
            step("IP_MULTICAST_LOOP", socket.set_multicast_loop_v4(false))?;
            self.ipv4 = Some(Path::new(socket, cmsg_space!(in_pktinfo)));
        }
        Ok(())
    }

    /// Sends everything and empties the box; tells what could not be sent.
    pub(crate) fn send<T: Copy>(&mut self, outbox: &mut Outbox<T>) -> Vec<(T, io::Error)> {
        let mut failures = Vec::new();
        let mut at = 0;
        while at < outbox.packets.len() {
            match self.send_some(outbox, at) {
                Ok(count) => at += count,
                Err(Errno::EINTR) => {}
                Err(errno) => {
                    // It was the first of them that could not be sent.
                    failures.push((outbox.packets[at].tag, errno.into()));
                    at += 1;
                }
            }
        }
        outbox.octets.clear();
        outbox.packets.clear();
        failures
    }

    /// Sends packets from `at` on that take the same way: at least one.
    fn send_some<T>(&mut self, outbox: &Outbox<T>, at: usize) -> Result<usize, Errno> {
        let first = &outbox.packets[at].way;
        let is_alike = |other: &&Packet<T>| {
            (other.way.source, other.way.interface) == (first.source, first.interface)
        };
        let run = outbox.packets[at..].iter().take(BATCH).take_while(is_alike).count();
        let slices: Vec<[IoSlice<'_>; 1]> =
            (at..at + run).map(|at| [IoSlice::new(outbox.packet(at))]).collect();
        let destinations = outbox.packets[at..at + run].iter().map(|packet| packet.way.destination);
        match first.source {
            IpAddr::V4(source) => {
                let path = self.ipv4.as_mut().ok_or(Errno::ENOTCONN)?;
                let to = |address| match address {
                    IpAddr::V4(address) => Some(SocketAddrV4::new(address, 0).into()),
                    IpAddr::V6(_) => None,
                };
                let info = |index: u32| in_pktinfo {
                    // The kernel keeps indexes in an `int`.
                    ipi_ifindex: index.cast_signed(),
                    ipi_spec_dst: in_addr { s_addr: u32::from_ne_bytes(source.octets()) },
                    ipi_addr: in_addr { s_addr: 0 },
                };
                let info = first.interface.map(info);
                let control = info.as_ref().map(ControlMessage::Ipv4PacketInfo);
                path.send(&slices, &destinations.map(to).collect::<Vec<_>>(), control)
            }
            IpAddr::V6(source) => {
                let path = self.ipv6.as_mut().ok_or(Errno::ENOTCONN)?;
                let scope = first.interface.unwrap_or(0);
                let to = |address| match address {
                    IpAddr::V6(address) => Some(SocketAddrV6::new(address, 0, 0, scope).into()),
                    IpAddr::V4(_) => None,
                };
                let source = in6_addr { s6_addr: source.octets() };
                let info = |index| in6_pktinfo { ipi6_addr: source, ipi6_ifindex: index };
                let info = first.interface.map(info);
                let control = info.as_ref().map(ControlMessage::Ipv6PacketInfo);
                path.send(&slices, &destinations.map(to).collect::<Vec<_>>(), control)
            }
        }
    }
}

impl<S: SockaddrLike + Copy> Path<S> {
    fn new(socket: Socket, space: Vec<u8>) -> Self {
        Self {
            socket,
            on_interface: MultiHeaders::preallocate(BATCH, Some(space)),
            routed: MultiHeaders::preallocate(BATCH, None),
        }
    }

    fn send<'a>(
        &'a mut self,
        slices: &'a [[IoSlice<'a>; 1]],
        addresses: &[Option<S>],
        control: Option<ControlMessage<'a>>,
    ) -> Result<usize, Errno> {
        let fd = self.socket.as_raw_fd();
        let headers = if control.is_some() { &mut self.on_interface } else { &mut self.routed };
        let flags = MsgFlags::MSG_DONTWAIT;
        Ok(sendmmsg(fd, headers, slices, addresses, control.as_slice(), flags)?.count())
    }
}

fn raw(domain: Domain) -> Result<Socket, Failure> {
    let protocol = Some(Protocol::from(IPPROTO_RAW));
    let socket = step("open", Socket::new(domain, Type::RAW.nonblocking(), protocol))?;
    if setsockopt(&socket, sockopt::SndBufForce, &SEND_BUFFER).is_err() {
        step("SO_SNDBUF", socket.set_send_buffer_size(SEND_BUFFER))?;
    }
    Ok(socket)
}
