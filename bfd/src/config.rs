//! What a session is told to be.

use core::num::NonZeroU8;
use core::time::Duration;

use crate::fields::Microseconds;

/// The configuration of one session. It is valid by construction.
///
/// ```
/// use core::num::NonZeroU8;
/// use core::time::Duration;
/// use bfd::Config;
///
/// let config = Config::new(Duration::from_millis(50), Duration::from_millis(50), NonZeroU8::MIN)?
///     .passive();
/// # Ok::<(), bfd::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) desired_min_tx: Microseconds,
    pub(crate) required_min_rx: Microseconds,
    pub(crate) idle_tx: Microseconds,
    pub(crate) detect_mult: NonZeroU8,
    pub(crate) is_passive: bool,
}

/// RFC 5880 section 6.8.3: while the session is not Up, no oftener than once a second.
const LEAST_IDLE: Duration = Duration::from_secs(1);

impl Config {
    /// A session that sends every `desired_min_tx`, or less often if the peer wants so, hears no oftener
    /// than every `required_min_rx`, and is given up by the peer after `detect_mult` missing packets. Both
    /// are 1 µs to 4294 s.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(
        desired_min_tx: Duration,
        required_min_rx: Duration,
        detect_mult: NonZeroU8,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            desired_min_tx: interval("desired_min_tx", desired_min_tx)?,
            required_min_rx: interval("required_min_rx", required_min_rx)?,
            idle_tx: Microseconds(1_000_000),
            detect_mult,
            is_passive: false,
        })
    }

    /// How often it sends while it is not Up: 1 s (the default) to 4294 s.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn idle_tx(mut self, interval: Duration) -> Result<Self, ConfigError> {
        self.idle_tx = self::interval("idle_tx", interval)?;
        if interval < LEAST_IDLE {
            return Err(ConfigError::IdleTx(interval));
        }
        Ok(self)
    }

    /// It says nothing until it hears the peer (RFC 5880 section 6.1).
    #[must_use]
    pub const fn passive(mut self) -> Self {
        self.is_passive = true;
        self
    }
}

fn interval(field: &'static str, span: Duration) -> Result<Microseconds, ConfigError> {
    match u32::try_from(span.as_micros()) {
        Ok(microseconds @ 1..) => Ok(Microseconds(microseconds)),
        _ => Err(ConfigError::Interval { field, span }),
    }
}

/// What a session cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Beyond the field of the packet.
    #[error("{field} is {span:?}, allowed are 1 µs to 4294 s")]
    Interval {
        /// Which one.
        field: &'static str,
        /// Its value.
        span: Duration,
    },
    /// Too often for a session that is not Up.
    #[error("idle_tx is {0:?}, allowed is 1 s and more")]
    IdleTx(Duration),
}
