//! ICMP echo (RFC 792, RFC 4443).

use alloc::boxed::Box;
use core::net::SocketAddr;
use std::io;

use etherparse::{IcmpEchoHeader, Icmpv4Header, Icmpv4Type, Icmpv6Header, Icmpv6Type};
use socket2::Protocol;

use super::endpoint::Endpoint;
use super::error::ProbeError;
use super::probe::{Found, Probe};
use crate::Weight;

/// As keepalived.
const PAYLOAD: usize = 128;
const HEADER: usize = 8;

/// A server is fit that answers an echo request. The port of its endpoint is not used.
///
/// Its socket is one of ICMP without privileges, which the group of the process must be allowed
/// (`net.ipv4.ping_group_range`).
#[derive(Clone, Debug)]
pub struct Ping(Endpoint);

impl Ping {
    /// Asks this one.
    pub const fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    async fn ask(&self) -> Result<Weight, ProbeError> {
        let protocol = match self.0.target() {
            SocketAddr::V4(_) => Protocol::ICMPV4,
            SocketAddr::V6(_) => Protocol::ICMPV6,
        };
        let socket = self.0.datagrams(protocol)?;
        // The kernel writes the identifier and the checksum.
        let sequence = fastrand::u16(..);
        let echo = IcmpEchoHeader { id: 0, seq: sequence };
        let mut request = [0; HEADER + PAYLOAD];
        match self.0.target() {
            SocketAddr::V4(_) => {
                let header = Icmpv4Header::new(Icmpv4Type::EchoRequest(echo)).to_bytes();
                request[..HEADER].copy_from_slice(&header[..HEADER]);
            }
            SocketAddr::V6(_) => {
                let header = Icmpv6Header::new(Icmpv6Type::EchoRequest(echo)).to_bytes();
                request[..HEADER].copy_from_slice(&header[..HEADER]);
            }
        }
        fastrand::Rng::new().fill(&mut request[HEADER..]);
        socket.send(&request).await.map_err(ProbeError::connecting)?;
        let mut buffer = [0; 2 * (HEADER + PAYLOAD)];
        loop {
            let received: io::Result<usize> = socket.recv(&mut buffer).await;
            let action = "receiving an echo";
            let length = received.map_err(|source| ProbeError::Broken { action, source })?;
            let (is_reply, echoed) = match self.0.target() {
                SocketAddr::V4(_) => {
                    let Ok((header, rest)) = Icmpv4Header::from_slice(&buffer[..length]) else {
                        continue;
                    };
                    let is_reply = matches!(
                        header.icmp_type,
                        Icmpv4Type::EchoReply(reply) if reply.seq == sequence
                    );
                    (is_reply, rest)
                }
                SocketAddr::V6(_) => {
                    let Ok((header, rest)) = Icmpv6Header::from_slice(&buffer[..length]) else {
                        continue;
                    };
                    let is_reply = matches!(
                        header.icmp_type,
                        Icmpv6Type::EchoReply(reply) if reply.seq == sequence
                    );
                    (is_reply, rest)
                }
            };
            if is_reply && echoed == &request[HEADER..] {
                return Ok(Weight::Configured);
            }
        }
    }
}

impl Probe for Ping {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(async { self.0.limited("waiting for an echo", self.ask()).await? })
    }
}
