//! Telling the neighbours where an address is.

mod frame;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, MsgFlags, sendto};
use socket2::{Domain, Socket, Type};

use crate::link::Link;

pub use frame::{ArpForm, gratuitous_arp, neighbour_advertisement};

/// Why an address could not be announced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnounceError {
    /// The process may not send frames.
    #[error("sending frames needs the capability CAP_NET_RAW")]
    Permission(#[source] io::Error),
    /// No packet socket.
    #[error("open a packet socket")]
    Socket(#[source] io::Error),
    /// Nothing can be announced on a link that is not Ethernet or does not use ARP.
    #[error("{interface} has no Ethernet address to announce")]
    NoLinkAddress {
        /// The name of the link.
        interface: String,
    },
    /// The frame could not be sent.
    #[error("send a frame on {interface}")]
    Send {
        /// The name of the link.
        interface: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Sends announcements on any link of a network namespace.
#[derive(Debug)]
pub struct Announcer {
    socket: Socket,
    /// Where frames go out, by index of the link.
    links: BTreeMap<u32, LinkAddr>,
}

impl Announcer {
    /// Opens a packet socket in the network namespace of the calling thread. It receives nothing.
    ///
    /// # Errors
    /// [`AnnounceError::Permission`] and [`AnnounceError::Socket`].
    pub fn open() -> Result<Self, AnnounceError> {
        let socket =
            Socket::new(Domain::PACKET, Type::RAW, None).map_err(|source| match source.kind() {
                io::ErrorKind::PermissionDenied => AnnounceError::Permission(source),
                _ => AnnounceError::Socket(source),
            })?;
        Ok(Self { socket, links: BTreeMap::new() })
    }

    /// Announces once that `address` is at `link`.
    ///
    /// For IPv4 these are two gratuitous ARP frames: the request form, which every stack understands, and
    /// then the reply form, which nobody answers, so that it has the last word even while the router
    /// that had the address before still holds it.
    ///
    /// # Errors
    /// [`AnnounceError::NoLinkAddress`] and [`AnnounceError::Send`].
    pub fn announce(&mut self, link: &Link, address: IpAddr) -> Result<(), AnnounceError> {
        let Some(mac) = link.mac else {
            return Err(AnnounceError::NoLinkAddress { interface: link.name.clone() });
        };
        match address {
            IpAddr::V4(address) => {
                self.send(link, &gratuitous_arp(mac, address, ArpForm::Request))?;
                self.send(link, &gratuitous_arp(mac, address, ArpForm::Reply))
            }
            IpAddr::V6(address) => self.send(link, &neighbour_advertisement(mac, address, true)),
        }
    }

    fn send(&mut self, link: &Link, frame: &[u8]) -> Result<(), AnnounceError> {
        let failed = |errno: Errno| AnnounceError::Send {
            interface: link.name.clone(),
            source: errno.into(),
        };
        let address = match self.links.get(&link.index) {
            Some(address) => *address,
            None => {
                let address = link_address(link).map_err(failed)?;
                self.links.insert(link.index, address);
                address
            }
        };
        loop {
            match sendto(self.socket.as_raw_fd(), frame, &address, MsgFlags::MSG_DONTWAIT) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
    }
}

/// `struct sockaddr_ll` of a link. Its index is what the kernel looks at; the addresses and the
/// Ethernet type are in the frame.
fn link_address(link: &Link) -> Result<LinkAddr, Errno> {
    getifaddrs()?
        .filter_map(|entry| entry.address?.as_link_addr().copied())
        .find(|address| u32::try_from(address.ifindex()) == Ok(link.index))
        .ok_or(Errno::ENODEV)
}
