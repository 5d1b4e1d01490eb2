//! Packets that nobody honest would send.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use vrrp_proto::{
    AddressList, Advertisement, Authentication, Centiseconds, ChecksumForm, Ipv4Envelope,
    MAX_IPV6_PACKET, MULTICAST_IPV4, Priority, Seconds, Signer, Vrid,
};

use crate::namespaces::Host;

/// What an advertisement over IPv4 says. What makes it wrong is done to its octets afterwards.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "written out by tests")]
pub struct Forged {
    /// 2 or 3.
    pub version: u8,
    /// Who it claims to be from.
    pub source: Ipv4Addr,
    /// The VRID.
    pub vrid: u8,
    /// The priority.
    pub priority: u8,
    /// Seconds in version 2, hundredths in version 3.
    pub interval: u16,
    /// The virtual addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// TTL.
    pub ttl: u8,
    /// Version 2: how it proves itself.
    pub authentication: Authentication,
}

impl Forged {
    /// The IPv4 packet.
    ///
    /// # Panics
    /// When a field has a value that cannot be encoded.
    pub fn packet(&self) -> Vec<u8> {
        let vrid = Vrid::new(self.vrid).expect("a VRID");
        let priority = Priority::from_wire(self.priority);
        let list = AddressList::new(&self.addresses).expect("addresses");
        let advertisement = match self.version {
            2 => {
                let interval = u8::try_from(self.interval).expect("up to 255 seconds");
                let interval = Seconds::new(interval).expect("an interval");
                Advertisement::v2(vrid, priority, interval, list)
            }
            _ => {
                let interval = Centiseconds::new(self.interval).expect("an interval");
                Advertisement::v3_ipv4(vrid, priority, interval, list)
            }
        };
        let envelope = Ipv4Envelope {
            source: self.source,
            destination: MULTICAST_IPV4,
            ttl: self.ttl,
            identification: 1,
        };
        let mut buffer = [0; MAX_IPV6_PACKET];
        let mut signer = Signer::new(self.authentication.clone(), 1);
        let form = ChecksumForm::Rfc5798;
        let length = signer
            .encode_ipv4(&advertisement, &envelope, form, &mut buffer)
            .expect("the buffer is large enough");
        buffer[..length].to_vec()
    }
}

/// Sends IPv4 packets as they are from a host to the group of VRRP.
#[derive(Debug)]
pub struct Injector(Socket);

impl Injector {
    /// Opens a raw socket on a host.
    ///
    /// # Errors
    /// When that cannot be had.
    pub fn new(host: &Host) -> io::Result<Self> {
        const IPPROTO_RAW: i32 = 255;
        let socket = host.namespace().run(|| -> io::Result<Socket> {
            let protocol = Some(Protocol::from(IPPROTO_RAW));
            let socket = Socket::new(Domain::IPV4, Type::RAW, protocol)?;
            socket.bind_device(Some(b"eth0"))?;
            Ok(socket)
        })?;
        Ok(Self(socket))
    }

    /// Sends one.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn send(&self, packet: &[u8]) -> io::Result<()> {
        let group = SocketAddr::from((MULTICAST_IPV4, 0));
        self.0.send_to(packet, &group.into()).map(drop)
    }
}
