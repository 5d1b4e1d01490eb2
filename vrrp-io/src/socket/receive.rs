//! Many datagrams with one system call.

use std::io::{self, IoSliceMut};
use std::net::Ipv6Addr;
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrIn, SockaddrIn6, recvmmsg,
};
use vrrp_fsm::proto::{Datagram, DecodeError, Endpoints, MAX_IPV6_PACKET};

use super::{Kind, ReceiveSocket};

const BATCH: usize = 32;
const BUFFER: usize = MAX_IPV6_PACKET;

/// The buffers for one call; all sockets share them.
pub(crate) struct Receiver {
    /// [`BATCH`] times [`BUFFER`].
    buffers: Vec<u8>,
    ipv4: MultiHeaders<SockaddrIn>,
    ipv6: MultiHeaders<SockaddrIn6>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// There may be more.
    Some,
    /// That was all that had arrived.
    All,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        Self {
            // Zeroed by the system: memory is used once it is written, as it is not when zeros are copied
            // into it.
            buffers: vec![0; BUFFER * BATCH],
            ipv4: MultiHeaders::preallocate(BATCH, None),
            ipv6: ipv6_headers(),
        }
    }

    /// Takes up to 32 datagrams from the socket.
    pub(crate) fn receive(
        &mut self,
        socket: &ReceiveSocket,
        mut deliver: impl FnMut(Result<Datagram<'_>, DecodeError>),
    ) -> io::Result<Received> {
        let fd = socket.socket.as_raw_fd();
        let mut slices: [_; BATCH] = {
            let mut buffers = self.buffers.chunks_exact_mut(BUFFER);
            std::array::from_fn(|_| [IoSliceMut::new(buffers.next().unwrap_or_default())])
        };
        let flags = MsgFlags::MSG_DONTWAIT;
        let mut count = 0;
        match socket.kind {
            Kind::Ipv4 | Kind::Ipv4Ah => {
                let messages = match recvmmsg(fd, &mut self.ipv4, &mut slices, flags, None) {
                    Ok(messages) => messages,
                    Err(errno) => return nothing(errno),
                };
                for message in messages {
                    count += 1;
                    deliver(Datagram::from_ipv4(octets(&message)));
                }
            }
            Kind::Ipv6 => {
                let mut is_intact = true;
                let messages = match recvmmsg(fd, &mut self.ipv6, &mut slices, flags, None) {
                    Ok(messages) => messages,
                    Err(errno) => return nothing(errno),
                };
                for message in messages {
                    count += 1;
                    match ipv6_parts(&message) {
                        Some((endpoints, hop_limit)) => {
                            let message = octets(&message);
                            deliver(Ok(Datagram::from_message(endpoints, hop_limit, message)));
                        }
                        None => is_intact = false,
                    }
                }
                if !is_intact {
                    // The headers keep the lengths of their last use; start afresh.
                    self.ipv6 = ipv6_headers();
                }
            }
        }
        // The call goes on until the socket is empty or its room is full.
        Ok(if count == BATCH { Received::Some } else { Received::All })
    }
}

fn ipv6_headers() -> MultiHeaders<SockaddrIn6> {
    let space = cmsg_space!(i32, nix::libc::in6_pktinfo);
    MultiHeaders::preallocate(BATCH, Some(space))
}

fn nothing(errno: Errno) -> io::Result<Received> {
    match errno {
        Errno::EAGAIN | Errno::EINTR => Ok(Received::All),
        errno => Err(errno.into()),
    }
}

fn octets<'a, S>(message: &RecvMsg<'a, 'a, S>) -> &'a [u8] {
    message.iovs().next().unwrap_or_default()
}

/// Source, destination and hop limit, which the kernel tells beside the message.
fn ipv6_parts(message: &RecvMsg<'_, '_, SockaddrIn6>) -> Option<(Endpoints, u8)> {
    let source = message.address?.ip();
    let (mut hop_limit, mut destination) = (None, None);
    for control in message.cmsgs().ok()? {
        match control {
            ControlMessageOwned::Ipv6HopLimit(limit) => hop_limit = u8::try_from(limit).ok(),
            ControlMessageOwned::Ipv6PacketInfo(info) => {
                destination = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr));
            }
            _ => {}
        }
    }
    Some((Endpoints::V6 { source, destination: destination? }, hop_limit?))
}
