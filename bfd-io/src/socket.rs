//! UDP sockets.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use bfd::SOURCE_PORTS;
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, SockaddrLike, recvmsg, setsockopt,
    sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};

use crate::config::SessionConfig;

/// Internetwork Control (RFC 4594): what tells of the network goes before what uses it.
const CLASS: u8 = 0xc0;
/// A packet with authentication has at most 52 octets.
const BUFFER: usize = 64;
/// A flood must not push out the packets that count.
const RECEIVE_BUFFER: usize = 1024 * 1024;

/// A random number. Nothing secret depends on it.
pub(crate) fn random() -> u64 {
    // Its keys are random, and other ones each time.
    RandomState::new().hash_one(0)
}

/// Receives what is sent to one port.
pub(crate) struct Receiver {
    socket: Socket,
    is_ipv6: bool,
    control: Vec<u8>,
}

/// A datagram as it arrived.
pub(crate) struct Received<'a> {
    pub(crate) source: IpAddr,
    pub(crate) hop_limit: u8,
    pub(crate) octets: &'a [u8],
}

impl Receiver {
    pub(crate) fn open(is_ipv6: bool, port: u16) -> io::Result<Self> {
        let (domain, any) = match is_ipv6 {
            false => (Domain::IPV4, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            true => (Domain::IPV6, IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        };
        let socket = Socket::new(domain, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
        match is_ipv6 {
            false => setsockopt(&socket, sockopt::Ipv4RecvTtl, &true)?,
            true => {
                socket.set_only_v6(true)?;
                setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
            }
        }
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        }
        socket.bind(&SocketAddr::new(any, port).into())?;
        Ok(Self { socket, is_ipv6, control: cmsg_space!(i32) })
    }

    /// The next datagram; `None` when there is none. One without a TTL counts as from far away.
    pub(crate) fn receive<'a>(
        &mut self,
        buffer: &'a mut [u8; BUFFER],
    ) -> io::Result<Option<Received<'a>>> {
        let received = match self.is_ipv6 {
            false => self.receive_from::<SockaddrIn>(buffer, |address| address.ip().into()),
            true => self.receive_from::<SockaddrIn6>(buffer, |address| address.ip().into()),
        };
        match received {
            Ok((source, hop_limit, length)) => {
                let octets = buffer.get(..length).unwrap_or_default();
                Ok(source.map(|source| Received { source, hop_limit, octets }))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    fn receive_from<S: SockaddrLike>(
        &mut self,
        buffer: &mut [u8; BUFFER],
        ip: impl Fn(&S) -> IpAddr,
    ) -> nix::Result<(Option<IpAddr>, u8, usize)> {
        let mut slices = [IoSliceMut::new(buffer)];
        let (fd, control) = (self.socket.as_raw_fd(), Some(&mut self.control[..]));
        let message = recvmsg::<S>(fd, &mut slices, control, MsgFlags::MSG_DONTWAIT)?;
        let mut hop_limit = 0;
        for control in message.cmsgs()? {
            if let ControlMessageOwned::Ipv4Ttl(limit) | ControlMessageOwned::Ipv6HopLimit(limit) =
                control
            {
                hop_limit = u8::try_from(limit).unwrap_or(0);
            }
        }
        Ok((message.address.as_ref().map(ip), hop_limit, message.bytes))
    }

    pub(crate) fn buffer() -> [u8; BUFFER] {
        [0; BUFFER]
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A socket that sends for one session, from the port that the session had before if it had one.
pub(crate) fn sender(config: &SessionConfig, before: Option<u16>) -> io::Result<(Socket, u16)> {
    let SessionConfig { peer, source, hop_limit, .. } = *config;
    let (domain, any) = match peer {
        IpAddr::V4(_) => (Domain::IPV4, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        IpAddr::V6(_) => (Domain::IPV6, IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
    };
    let socket = Socket::new(domain, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    match peer {
        IpAddr::V4(_) => {
            socket.set_ttl_v4(hop_limit.into())?;
            socket.set_tos_v4(CLASS.into())?;
        }
        IpAddr::V6(_) => {
            socket.set_unicast_hops_v6(hop_limit.into())?;
            setsockopt(&socket, sockopt::Ipv6TClass, &CLASS.into())?;
        }
    }
    let source = source.unwrap_or(any);
    // RFC 5881 section 4: a port of this range that no other session has, and the same for all packets.
    let ports = SOURCE_PORTS.len();
    let start = usize::try_from(random() % 65536).unwrap_or(0) % ports;
    let others = SOURCE_PORTS.cycle().skip(start).take(ports);
    for port in before.into_iter().chain(others) {
        match socket.bind(&SocketAddr::new(source, port).into()) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            bound => return bound.map(|()| (socket, port)),
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}
