//! Raw sockets.
//!
//! Per family one socket of each interface receives, for all routers there, and one of the process sends. The
//! sender makes the IP header itself (`IPPROTO_RAW`), because the AH proof covers it and so that the
//! source can change without a new socket.

mod receive;
mod send;

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use vrrp_fsm::proto::{AH_IP_PROTOCOL, IP_PROTOCOL};

pub(crate) use receive::{Received, Receiver};
pub(crate) use send::{Outbox, Sender, Way};

/// A flood must not push out the packets that count. The kernel doubles it and takes some 800 octets
/// for a small packet, so there is room for 1300; the default has room for 280.
const RECEIVE_BUFFER: usize = 512 * 1024;

/// A step that failed, for the error message.
pub(crate) type Failure = (&'static str, io::Error);

/// What arrives on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ipv4,
    /// Authentication Headers, with VRRPv2 in them.
    Ipv4Ah,
    Ipv6,
}

/// Receives what is sent to the VRRP group on one interface.
#[derive(Debug)]
pub(crate) struct ReceiveSocket {
    socket: Socket,
    pub(crate) kind: Kind,
    groups: Vec<IpAddr>,
}

impl ReceiveSocket {
    pub(crate) fn open(kind: Kind, interface: &str) -> Result<Self, Failure> {
        let (domain, protocol) = match kind {
            Kind::Ipv4 => (Domain::IPV4, IP_PROTOCOL),
            Kind::Ipv4Ah => (Domain::IPV4, AH_IP_PROTOCOL),
            Kind::Ipv6 => (Domain::IPV6, IP_PROTOCOL),
        };
        let protocol = Some(Protocol::from(i32::from(protocol)));
        let socket = step("open", Socket::new(domain, Type::RAW.nonblocking(), protocol))?;
        step("SO_BINDTODEVICE", socket.bind_device(Some(interface.as_bytes())))?;
        match kind {
            Kind::Ipv4 | Kind::Ipv4Ah => {
                // Only the group joined here, not those of other sockets.
                step("IP_MULTICAST_ALL", socket.set_multicast_all_v4(false))?;
            }
            Kind::Ipv6 => {
                step("IPV6_MULTICAST_ALL", socket.set_multicast_all_v6(false))?;
                let hop_limit = setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true);
                step("IPV6_RECVHOPLIMIT", hop_limit.map_err(io::Error::from))?;
                let destination = setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true);
                step("IPV6_RECVPKTINFO", destination.map_err(io::Error::from))?;
            }
        }
        let socket = Self { socket, kind, groups: Vec::new() };
        socket.set_room(None)?;
        Ok(socket)
    }

    /// Changes how many octets the kernel keeps until they are read; `None` for the usual number.
    pub(crate) fn set_room(&self, octets: Option<usize>) -> Result<(), Failure> {
        let octets = octets.unwrap_or(RECEIVE_BUFFER);
        if setsockopt(&self.socket, sockopt::RcvBufForce, &octets).is_err() {
            step("SO_RCVBUF", self.socket.set_recv_buffer_size(octets))?;
        }
        Ok(())
    }

    pub(crate) fn is_in(&self, group: IpAddr) -> bool {
        self.groups.contains(&group)
    }

    /// Receives what is sent to this group, too. A group that it is in already is no error.
    pub(crate) fn join(&mut self, group: IpAddr, index: u32) -> Result<(), Failure> {
        if self.groups.contains(&group) {
            return Ok(());
        }
        let joined = match group {
            IpAddr::V4(group) => {
                let interface = InterfaceIndexOrAddress::Index(index);
                self.socket.join_multicast_v4_n(&group, &interface)
            }
            IpAddr::V6(group) => self.socket.join_multicast_v6(&group, index),
        };
        step("join the multicast group", joined)?;
        self.groups.push(group);
        Ok(())
    }
}

impl AsFd for ReceiveSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn step<T>(action: &'static str, result: io::Result<T>) -> Result<T, Failure> {
    result.map_err(|source| (action, source))
}
