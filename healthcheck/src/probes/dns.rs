//! A question by DNS over UDP (RFC 1035).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::str::FromStr;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType as Kind};
use socket2::Protocol;

use super::endpoint::Endpoint;
use super::error::ProbeError;
use super::probe::{Found, Probe};
use crate::Weight;

const PROTOCOL: &str = "DNS";
/// What a datagram of DNS may have without extensions; more is cut off, and its header is what counts.
const MOST_OCTETS: usize = 4096;

/// A server is fit that answers a question without an error, whatever it answers.
#[derive(Clone, Debug)]
pub struct Dns {
    endpoint: Endpoint,
    name: Name,
    kind: RecordType,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the types of RFC 1035, 3596 and 4034 by their names")]
pub enum RecordType {
    A,
    Ns,
    Cname,
    #[default]
    Soa,
    Mx,
    Txt,
    Aaaa,
    Rrsig,
    Dnskey,
}

impl RecordType {
    /// By its name, in capitals: `AAAA`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "A" => Self::A,
            "NS" => Self::Ns,
            "CNAME" => Self::Cname,
            "SOA" => Self::Soa,
            "MX" => Self::Mx,
            "TXT" => Self::Txt,
            "AAAA" => Self::Aaaa,
            "RRSIG" => Self::Rrsig,
            "DNSKEY" => Self::Dnskey,
            _ => return None,
        })
    }

    fn kind(self) -> Kind {
        match self {
            Self::A => Kind::A,
            Self::Ns => Kind::NS,
            Self::Cname => Kind::CNAME,
            Self::Soa => Kind::SOA,
            Self::Mx => Kind::MX,
            Self::Txt => Kind::TXT,
            Self::Aaaa => Kind::AAAA,
            Self::Rrsig => Kind::RRSIG,
            Self::Dnskey => Kind::DNSKEY,
        }
    }
}

/// A name that DNS does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("DNS name is {name:?}: {problem}")]
#[non_exhaustive]
pub struct DnsError {
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Dns {
    /// Asks for this type of this name; `.` is the root.
    ///
    /// # Errors
    /// [`DnsError`].
    pub fn new(endpoint: Endpoint, name: &str, kind: RecordType) -> Result<Self, DnsError> {
        let parsed = Name::from_str(name)
            .map_err(|error| DnsError { name: name.to_string(), problem: error.to_string() })?;
        Ok(Self { endpoint, name: parsed, kind })
    }

    async fn ask(&self) -> Result<Weight, ProbeError> {
        let ours = |problem: String| ProbeError::Protocol { protocol: PROTOCOL, problem };
        let mut question = Message::new(fastrand::u16(..), MessageType::Query, OpCode::Query);
        question.metadata.recursion_desired = true;
        question.add_query(Query::query(self.name.clone(), self.kind.kind()));
        let octets = question.to_vec().map_err(|error| ours(error.to_string()))?;
        let socket = self.endpoint.datagrams(Protocol::UDP)?;
        socket.send(&octets).await.map_err(ProbeError::connecting)?;
        let mut buffer = [0; MOST_OCTETS];
        loop {
            let received = socket.recv(&mut buffer).await;
            let action = "asking by DNS";
            let length = received.map_err(|source| ProbeError::Broken { action, source })?;
            // What is no answer to this question may come from anywhere.
            let Ok(answer) = Message::from_vec(&buffer[..length]) else { continue };
            let is_answer = answer.metadata.id == question.metadata.id
                && answer.metadata.message_type == MessageType::Response;
            if !is_answer {
                continue;
            }
            return match answer.metadata.response_code {
                ResponseCode::NoError => Ok(Weight::Configured),
                other => Err(ProbeError::Status {
                    protocol: PROTOCOL,
                    status: u16::from(other),
                    allowed: "0".to_string(),
                }),
            };
        }
    }
}

impl Probe for Dns {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(async { self.endpoint.limited("asking by DNS", self.ask()).await? })
    }
}
