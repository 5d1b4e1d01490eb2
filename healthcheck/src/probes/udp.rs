//! A datagram, and perhaps a reply to it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use socket2::Protocol;

use super::endpoint::Endpoint;
use super::error::ProbeError;
use super::probe::{Found, Probe};
use crate::Weight;

/// The longest datagram.
const MOST_OCTETS: usize = 65_535;

/// A server is fit that does not refuse a datagram, or that replies to it as is wanted.
#[derive(Clone, Debug)]
pub struct Udp {
    endpoint: Endpoint,
    payload: Vec<u8>,
    reply: Option<Reply>,
}

/// A reply that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Octets that it begins with, and which of their bits count.
    begin: Vec<(u8, u8)>,
    min_length: usize,
    max_length: usize,
}

impl Reply {
    /// Any of at most 255 octets.
    pub const fn any() -> Self {
        Self { begin: Vec::new(), min_length: 0, max_length: 255 }
    }

    /// One that begins with these octets; each with the bits of it that count, as 255 for all.
    #[must_use]
    pub fn begin(mut self, begin: Vec<(u8, u8)>) -> Self {
        self.begin = begin;
        self
    }

    /// One of so many octets.
    #[must_use]
    pub fn lengths(mut self, lengths: core::ops::RangeInclusive<u16>) -> Self {
        (self.min_length, self.max_length) =
            (usize::from(*lengths.start()), usize::from(*lengths.end()));
        self
    }

    fn is_good(&self, octets: &[u8]) -> bool {
        (self.min_length..=self.max_length).contains(&octets.len())
            && octets.len() >= self.begin.len()
            && self.begin.iter().zip(octets).all(|((wanted, mask), is)| wanted & mask == is & mask)
    }
}

impl Udp {
    /// Sends this, and takes it for good when nothing is heard against it (ICMP) until the timeout.
    pub fn new(endpoint: Endpoint, payload: impl Into<Vec<u8>>) -> Self {
        Self { endpoint, payload: payload.into(), reply: None }
    }

    /// Wants a reply.
    #[must_use]
    pub fn reply(mut self, reply: Reply) -> Self {
        self.reply = Some(reply);
        self
    }

    async fn ask(&self) -> Result<Weight, ProbeError> {
        let socket = self.endpoint.datagrams(Protocol::UDP)?;
        socket.send(&self.payload).await.map_err(ProbeError::connecting)?;
        let mut buffer = alloc::vec![0; MOST_OCTETS];
        let action = "receiving a reply";
        match (self.endpoint.limited(action, socket.recv(&mut buffer)).await, &self.reply) {
            // A port where nobody listens is told by ICMP.
            (Ok(Err(source)), _) => Err(ProbeError::Broken { action, source }),
            (Ok(Ok(_)) | Err(_), None) => Ok(Weight::Configured),
            (Err(timeout), Some(_)) => Err(timeout),
            (Ok(Ok(length)), Some(reply)) => match reply.is_good(&buffer[..length]) {
                true => Ok(Weight::Configured),
                false => Err(ProbeError::Reply { length }),
            },
        }
    }
}

impl Probe for Udp {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(self.ask())
    }
}
