//! Authentication of VRRPv2: simple text password and IP Authentication Header.
//!
//! RFC 3768 took both out of the protocol because they prove little; they live on in installed
//! networks. What is built here is what keepalived puts on the wire.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

use crate::fields::OutOfRange;

pub(crate) mod header;
mod replay;
mod signer;
mod verifier;

pub use replay::{ReplayGuard, ReplayWindow};
pub use signer::{Ipv4Envelope, Signer};
pub use verifier::Verifier;

/// How the routers of a VRRPv2 virtual router prove themselves to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 2338 section 5.3.6 has the three")]
pub enum Authentication {
    /// No proof (RFC 3768 section 5.3.6).
    #[default]
    None,
    /// Simple text password: eight octets in clear (RFC 2338 section 5.3.6).
    Password(Secret),
    /// IP Authentication Header with HMAC-MD5-96 (RFC 2402, RFC 2403).
    AuthenticationHeader(Secret),
}

impl Authentication {
    /// The Auth Type octet.
    pub const fn auth_type(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Password(_) => 1,
            Self::AuthenticationHeader(_) => 2,
        }
    }
}

/// A shared secret of up to eight octets, padded with zeros as on the wire. It does not print.
#[derive(Clone)]
pub struct Secret([u8; 8]);

impl Secret {
    /// Takes up to eight octets.
    ///
    /// # Errors
    /// [`OutOfRange`] for an empty or longer secret: keepalived cuts it silently, here nobody relies
    /// on octets that are not used.
    pub fn new(secret: &[u8]) -> Result<Self, OutOfRange> {
        let mut octets = [0; 8];
        match octets.get_mut(..secret.len()) {
            Some(front) if !secret.is_empty() => front.copy_from_slice(secret),
            _ => {
                return Err(OutOfRange {
                    field: "length of the secret (octets)",
                    value: secret.len() as u64,
                    min: 1,
                    max: 8,
                });
            }
        }
        Ok(Self(octets))
    }

    fn octets(&self) -> &[u8; 8] {
        &self.0
    }

    /// HMAC-MD5 over the IPv4 header, the Authentication Header with a zero ICV, and the message.
    fn hmac(&self, parts: &[&[u8]]) -> Hmac<Md5> {
        let mut mac = <Hmac<Md5> as KeyInit>::new_from_slice(&self.0)
            .expect("HMAC takes a key of any length (RFC 2104 section 2)");
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl PartialEq for Secret {
    /// Takes the same time wherever the first difference is.
    fn eq(&self, other: &Self) -> bool {
        same_octets(&self.0, &other.0)
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn same_octets(one: &[u8; 8], other: &[u8; 8]) -> bool {
    let difference = u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other);
    core::hint::black_box(difference) == 0
}
