use core::fmt;

use super::HmacKey;
use crate::fields::OutOfRange;

const CAPACITY: usize = 8;

/// The keys that routers share: one that is used, and others while keys are exchanged.
#[derive(Clone, PartialEq, Eq)]
pub struct HmacKeys([Option<HmacKey>; CAPACITY]);

impl HmacKeys {
    /// The largest number of keys.
    pub const MAX: usize = CAPACITY;

    /// One to eight keys, each with an ID of its own.
    ///
    /// # Errors
    /// [`HmacKeysError::Count`] and [`HmacKeysError::Repeated`].
    pub fn new(keys: &[HmacKey]) -> Result<Self, HmacKeysError> {
        if keys.is_empty() || keys.len() > Self::MAX {
            return Err(HmacKeysError::Count(OutOfRange {
                field: "number of HMAC keys",
                value: keys.len() as u64,
                min: 1,
                max: Self::MAX as u64,
            }));
        }
        for (place, key) in keys.iter().enumerate() {
            if keys[..place].iter().any(|before| before.id() == key.id()) {
                return Err(HmacKeysError::Repeated { id: key.id() });
            }
        }
        Ok(Self(core::array::from_fn(|place| keys.get(place).cloned())))
    }

    /// The key with this ID.
    pub fn get(&self, id: u8) -> Option<&HmacKey> {
        self.0.iter().flatten().find(|key| key.id() == id)
    }
}

/// The IDs alone.
impl fmt::Debug for HmacKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().flatten()).finish()
    }
}

/// Why keys cannot be used together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HmacKeysError {
    /// None, or too many.
    #[error(transparent)]
    Count(OutOfRange),
    /// Two keys have the same ID.
    #[error("ID {id} is that of two HMAC keys, allowed is one")]
    Repeated {
        /// The ID.
        id: u8,
    },
    /// No key has the ID of the one to sign with.
    #[error("ID of the HMAC key to sign with is {id}, allowed are those of the keys")]
    NoSuchKey {
        /// The ID.
        id: u8,
    },
}
