//! What the kernel tells unasked.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvfrom, setsockopt,
    socket, sockopt,
};

use crate::connection::Protocol;
use crate::error::Error;
use crate::message::{Message, NLMSG_OVERRUN, messages};

/// Room for the events of some thousand links that change at once.
const RECEIVE_BUFFER: usize = 1024 * 1024;

/// A netlink socket that listens to multicast groups. It never blocks; wait for it to become
/// readable with epoll or poll.
#[derive(Debug)]
pub struct Events {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

/// How a call to [`Events::receive`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "after an overrun the state has to be read anew"]
#[expect(clippy::exhaustive_enums, reason = "either everything was told or it was not")]
pub enum Received {
    /// Everything that was there has been delivered.
    All,
    /// Events were lost. Read the state anew.
    Overrun,
}

impl Events {
    /// Listens to `groups` (1 to 32, `RTNLGRP_…`) in the network namespace of the calling thread.
    ///
    /// # Errors
    /// [`Error::Group`] and [`Error::Socket`].
    pub fn open(protocol: Protocol, groups: &[u32]) -> Result<Self, Error> {
        let failed = |action| move |errno: Errno| Error::Socket { action, source: errno.into() };
        let protocol = match protocol {
            Protocol::Route => SockProtocol::NetlinkRoute,
            Protocol::Generic => SockProtocol::NetlinkGeneric,
            Protocol::Netfilter => SockProtocol::NetlinkNetFilter,
        };
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
            protocol,
        )
        .map_err(failed("open"))?;
        // Larger than the system's limit where that is allowed; otherwise up to the limit.
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER).map_err(failed("SO_RCVBUF"))?;
        }
        let bit = |group: &u32| {
            let bit = group.checked_sub(1).and_then(|shift| 1u32.checked_shl(shift));
            bit.ok_or(Error::Group(*group))
        };
        let mask = groups.iter().map(bit).try_fold(0, |mask, bit| Ok(mask | bit?))?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, mask)).map_err(failed("bind"))?;
        Ok(Self { socket, buffer: vec![0; 64 * 1024] })
    }

    /// Changes how many octets the kernel keeps until they are read; with `force` even above the
    /// system's limit, for which `CAP_NET_ADMIN` is needed.
    ///
    /// # Errors
    /// [`Error::Socket`].
    pub fn set_receive_buffer(&self, octets: usize, force: bool) -> Result<(), Error> {
        let set = match force {
            true => setsockopt(&self.socket, sockopt::RcvBufForce, &octets),
            false => setsockopt(&self.socket, sockopt::RcvBuf, &octets),
        };
        set.map_err(|errno| Error::Socket { action: "SO_RCVBUF", source: errno.into() })
    }

    /// Delivers everything that has arrived.
    ///
    /// # Errors
    /// [`Error::Receive`].
    pub fn receive(&mut self, mut deliver: impl FnMut(Message<'_>)) -> Result<Received, Error> {
        let mut received = Received::All;
        loop {
            let fd = self.socket.as_raw_fd();
            match recvfrom::<NetlinkAddr>(fd, &mut self.buffer) {
                Ok((length, sender)) => {
                    // Only the kernel is believed.
                    if sender.is_some_and(|sender| sender.pid() != 0) {
                        continue;
                    }
                    if length == self.buffer.len() {
                        // It may have been longer.
                        received = Received::Overrun;
                    }
                    for message in messages(self.buffer.get(..length).unwrap_or_default()) {
                        match message.kind {
                            NLMSG_OVERRUN => received = Received::Overrun,
                            _ => deliver(message),
                        }
                    }
                }
                Err(Errno::EAGAIN) => return Ok(received),
                Err(Errno::ENOBUFS) => received = Received::Overrun,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(Error::Receive(io::Error::from(errno))),
            }
        }
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
