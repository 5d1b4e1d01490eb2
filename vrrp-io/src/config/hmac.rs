use vrrp_fsm::proto::{HmacKeys, HmacKeysError, HmacMode, HmacReplay};

/// Routers prove themselves to each other by keepalived's extension: an HMAC-SHA256 behind every
/// advertisement, in any version and family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hmac {
    pub(crate) keys: HmacKeys,
    pub(crate) active: u8,
    pub(crate) mode: HmacMode,
    pub(crate) replay: HmacReplay,
}

impl Hmac {
    /// Any of the keys is believed; the one with the number `active` signs. Without another
    /// [mode](Self::mode) what is not signed is refused.
    ///
    /// # Errors
    /// [`HmacKeysError::NoSuchKey`].
    pub fn new(keys: HmacKeys, active: u8, replay: HmacReplay) -> Result<Self, HmacKeysError> {
        if keys.get(active).is_none() {
            return Err(HmacKeysError::NoSuchKey { id: active });
        }
        Ok(Self { keys, active, mode: HmacMode::default(), replay })
    }

    /// What is signed and what is demanded, for the time in which routers are changed one after the other.
    #[must_use]
    pub fn mode(mut self, mode: HmacMode) -> Self {
        self.mode = mode;
        self
    }
}
