//! Telling the neighbours where an address is.

mod frame;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, MsgFlags, MultiHeaders, sendmmsg, setsockopt, sockopt};
use socket2::{Domain, Socket, Type};

use crate::link::{Link, MacAddress};

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

/// That an address is at a link.
#[derive(Clone, Copy, Debug)]
pub struct Announcement<'a> {
    link: &'a Link,
    mac: Option<MacAddress>,
    address: IpAddr,
    is_asked: bool,
}

impl<'a> Announcement<'a> {
    /// `address` is at `link`.
    ///
    /// For IPv4 these are two gratuitous ARP frames: the request form, which every stack understands, and
    /// then the reply form, which nobody answers, so that it has the last word even while the router
    /// that had the address before still holds it.
    pub fn new(link: &'a Link, address: IpAddr) -> Self {
        Self { link, mac: link.mac, address, is_asked: true }
    }

    /// It is at this link-layer address and not at the link's own.
    #[must_use]
    pub fn at(mut self, mac: MacAddress) -> Self {
        self.mac = Some(mac);
        self
    }

    /// Without the request form: whoever still has the address would answer that, and where both have the
    /// same link-layer address the answer turns the switch back to it.
    #[must_use]
    pub fn without_request(mut self) -> Self {
        self.is_asked = false;
        self
    }

    fn frames(&self) -> Result<impl Iterator<Item = Vec<u8>>, AnnounceError> {
        let Some(mac) = self.mac else {
            return Err(AnnounceError::NoLinkAddress { interface: self.link.name.clone() });
        };
        let (first, second) = match self.address {
            IpAddr::V4(address) => (
                self.is_asked.then(|| gratuitous_arp(mac, address, ArpForm::Request)),
                gratuitous_arp(mac, address, ArpForm::Reply),
            ),
            IpAddr::V6(address) => (None, neighbour_advertisement(mac, address, true)),
        };
        Ok(first.into_iter().chain([second]))
    }
}

/// So many frames go out with one system call.
const BATCH: usize = 64;
/// Room for the announcements of some thousand addresses.
const SEND_BUFFER: usize = 2 * 1024 * 1024;

/// Sends announcements on any link of a network namespace.
pub struct Announcer {
    socket: Socket,
    /// Where frames go out, by index of the link.
    links: BTreeMap<u32, LinkAddr>,
    headers: MultiHeaders<LinkAddr>,
}

impl fmt::Debug for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcer").field("socket", &self.socket).finish_non_exhaustive()
    }
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
        if setsockopt(&socket, sockopt::SndBufForce, &SEND_BUFFER).is_err() {
            socket.set_send_buffer_size(SEND_BUFFER).map_err(AnnounceError::Socket)?;
        }
        let headers = MultiHeaders::preallocate(BATCH, None);
        Ok(Self { socket, links: BTreeMap::new(), headers })
    }

    /// Sends announcements, and says of each what became of it.
    ///
    /// # Errors
    /// The inner ones are [`AnnounceError::NoLinkAddress`] and [`AnnounceError::Send`].
    pub fn announce(
        &mut self,
        announcements: &[Announcement<'_>],
    ) -> Vec<Result<(), AnnounceError>> {
        let mut outcomes: Vec<Result<(), AnnounceError>> = Vec::new();
        let (mut frames, mut owners) = (Vec::new(), Vec::new());
        for (place, announcement) in announcements.iter().enumerate() {
            outcomes.push(announcement.frames().and_then(|of_it| {
                let address = self.address(announcement.link)?;
                for frame in of_it {
                    frames.push((frame, Some(address)));
                    owners.push(place);
                }
                Ok(())
            }));
        }
        let mut sent = 0;
        while sent < frames.len() {
            match self.send(&frames[sent..]) {
                Ok(count) => sent += count,
                Err(Errno::EINTR) => {}
                Err(errno) => {
                    // It was the first of them that could not be sent.
                    let place = owners[sent];
                    outcomes[place] = Err(failed(announcements[place].link, errno));
                    sent += 1;
                }
            }
        }
        outcomes
    }

    /// Sends the first frames, at least one, and says how many that were.
    fn send(&mut self, frames: &[(Vec<u8>, Option<LinkAddr>)]) -> Result<usize, Errno> {
        let frames = &frames[..frames.len().min(BATCH)];
        let slices: Vec<[IoSlice<'_>; 1]> =
            frames.iter().map(|(frame, _)| [IoSlice::new(frame)]).collect();
        let addresses: Vec<_> = frames.iter().map(|(_, address)| *address).collect();
        let fd = self.socket.as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT;
        let sent = sendmmsg(fd, &mut self.headers, &slices, &addresses, [], flags)?;
        Ok(sent.count())
    }

    fn address(&mut self, link: &Link) -> Result<LinkAddr, AnnounceError> {
        if !self.links.contains_key(&link.index) {
            let all = getifaddrs().map_err(|errno| failed(link, errno))?;
            let addresses = all.filter_map(|entry| entry.address?.as_link_addr().copied());
            self.links = addresses
                .filter_map(|address| Some((u32::try_from(address.ifindex()).ok()?, address)))
                .collect();
        }
        self.links.get(&link.index).copied().ok_or_else(|| failed(link, Errno::ENODEV))
    }
}

fn failed(link: &Link, errno: Errno) -> AnnounceError {
    AnnounceError::Send { interface: link.name.clone(), source: errno.into() }
}
