use core::fmt;
use core::num::NonZeroU8;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::fields::OutOfRange;
use crate::secret::same_octets;

const MIN_LENGTH: usize = 32;
/// A block of SHA-256.
const MAX_LENGTH: usize = 64;

/// A key with the number by which a trailer names it. It does not print.
#[derive(Clone)]
pub struct HmacKey {
    id: NonZeroU8,
    /// Padded with zeros to a block, as HMAC does (RFC 2104 section 2).
    octets: [u8; MAX_LENGTH],
}

impl HmacKey {
    /// The shortest key, in octets.
    pub const MIN_LENGTH: usize = MIN_LENGTH;
    /// The longest key, in octets.
    pub const MAX_LENGTH: usize = MAX_LENGTH;

    /// A key of 32 to 64 octets with an ID of 1 to 255.
    ///
    /// # Errors
    /// [`OutOfRange`] for another ID or length.
    pub fn new(id: u8, secret: &[u8]) -> Result<Self, OutOfRange> {
        let Some(id) = NonZeroU8::new(id) else {
            return Err(OutOfRange { field: "ID of the HMAC key", value: 0, min: 1, max: 255 });
        };
        let mut octets = [0; MAX_LENGTH];
        match octets.get_mut(..secret.len()) {
            Some(front) if secret.len() >= MIN_LENGTH => front.copy_from_slice(secret),
            _ => {
                return Err(OutOfRange {
                    field: "length of the HMAC key (octets)",
                    value: secret.len() as u64,
                    min: MIN_LENGTH as u64,
                    max: MAX_LENGTH as u64,
                });
            }
        }
        Ok(Self { id, octets })
    }

    /// The Key ID octet.
    pub const fn id(&self) -> u8 {
        self.id.get()
    }

    /// HMAC-SHA256 over the parts, one after the other.
    pub(super) fn hmac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.octets)
            .expect("HMAC takes a key of any length (RFC 2104 section 2)");
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl PartialEq for HmacKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && same_octets(&self.octets, &other.octets)
    }
}

impl Eq for HmacKey {}

/// The ID alone.
impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacKey").field("id", &self.id).finish_non_exhaustive()
    }
}
