//! Values of the packet's fields.

use core::num::NonZeroU32;
use core::time::Duration;

/// Tells the sessions of one system apart; never 0 (RFC 5880 section 4.1).
pub type Discriminator = NonZeroU32;

/// The state of a session (RFC 5880 section 4.1, `Sta`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the two bits of the RFC")]
pub enum State {
    /// Held down by its operator.
    AdminDown,
    /// No path, or nobody heard yet.
    #[default]
    Down,
    /// The other one is heard, and does not yet say that it hears us.
    Init,
    /// Both hear each other.
    Up,
}

impl State {
    pub(crate) const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::AdminDown,
            1 => Self::Down,
            2 => Self::Init,
            _ => Self::Up,
        }
    }

    pub(crate) const fn bits(self) -> u8 {
        self as u8
    }
}

/// Why the sender's session went down the last time (RFC 5880 section 4.1, `Diag`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the values of the RFC")]
pub enum Diagnostic {
    /// Nothing to tell.
    #[default]
    None,
    /// The peer fell silent.
    ControlDetectionTimeExpired,
    /// The echo function failed.
    EchoFunctionFailed,
    /// The peer said that it is down.
    NeighborSignaledSessionDown,
    /// The forwarding plane was reset.
    ForwardingPlaneReset,
    /// The path is down.
    PathDown,
    /// A path that this one is part of is down.
    ConcatenatedPathDown,
    /// Held down by its operator.
    AdministrativelyDown,
    /// The way back is down.
    ReverseConcatenatedPathDown,
    /// A value from 9 to 31, which this release gives no meaning.
    Other(u8),
}

impl Diagnostic {
    /// Those with a meaning, by their value.
    const KNOWN: [Self; 9] = [
        Self::None,
        Self::ControlDetectionTimeExpired,
        Self::EchoFunctionFailed,
        Self::NeighborSignaledSessionDown,
        Self::ForwardingPlaneReset,
        Self::PathDown,
        Self::ConcatenatedPathDown,
        Self::AdministrativelyDown,
        Self::ReverseConcatenatedPathDown,
    ];

    /// Of the five bits on the wire.
    pub(crate) fn from_bits(bits: u8) -> Self {
        let bits = bits & 0x1f;
        Self::KNOWN.get(usize::from(bits)).copied().unwrap_or(Self::Other(bits))
    }

    pub(crate) fn bits(self) -> u8 {
        match self {
            Self::Other(bits) => bits & 0x1f,
            known => (0..).zip(Self::KNOWN).find(|(_, k)| *k == known).map_or(0, |(bits, _)| bits),
        }
    }
}

/// An interval as packets have it: 0 to 4294967295 microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Microseconds(pub u32);

impl Microseconds {
    /// As a span of time.
    pub const fn duration(self) -> Duration {
        Duration::from_micros(self.0 as u64)
    }
}
