//! A secret that routers share.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

use crate::fields::OutOfRange;

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

    pub(crate) fn octets(&self) -> &[u8; 8] {
        &self.0
    }

    /// HMAC-MD5 over the IPv4 header, the Authentication Header with a zero ICV, and the message.
    pub(crate) fn hmac(&self, parts: &[&[u8]]) -> Hmac<Md5> {
        let mut mac = <Hmac<Md5> as KeyInit>::new_from_slice(&self.0)
            .expect("HMAC takes a key of any length (RFC 2104 section 2)");
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl PartialEq for Secret {
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

/// Compares in a time that does not depend on where the first difference is.
pub(crate) fn same_octets<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    let pairs = one.iter().zip(other);
    let difference = pairs.fold(0u8, |difference, (one, other)| difference | (one ^ other));
    core::hint::black_box(difference) == 0
}
