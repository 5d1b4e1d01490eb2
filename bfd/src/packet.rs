//! The control packet of RFC 5880 section 4.1, without authentication.

use core::num::NonZeroU8;

use crate::error::DecodeError;
use crate::fields::{Diagnostic, Discriminator, Microseconds, State};

const VERSION: u8 = 1;
const POLL: u8 = 1 << 5;
const FINAL: u8 = 1 << 4;
const CONTROL_PLANE_INDEPENDENT: u8 = 1 << 3;
const AUTHENTICATION: u8 = 1 << 2;
const DEMAND: u8 = 1 << 1;
const MULTIPOINT: u8 = 1;

/// A control packet: what one end of a session says of itself.
///
/// ```
/// use bfd::{ControlPacket, State};
///
/// let octets = [
///     0x20, 0x40, 3, 24, // version 1, Down, Detect Mult 3
///     0, 0, 0, 7, 0, 0, 0, 0, // from 7, to nobody yet
///     0, 0x0f, 0x42, 0x40, 0, 0, 0x27, 0x10, 0, 0, 0, 0, // sends every second, can hear every 10 ms
/// ];
/// let packet = ControlPacket::decode(&octets)?;
/// assert_eq!(packet.state, State::Down);
/// assert_eq!(packet.desired_min_tx.duration().as_secs(), 1);
/// assert_eq!(packet.encode(), octets);
/// # Ok::<(), bfd::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the fields of the RFC")]
pub struct ControlPacket {
    /// Why the sender's session went down the last time.
    pub diagnostic: Diagnostic,
    /// The sender's state.
    pub state: State,
    /// The sender asks for an answer with [`is_final`](Self::is_final).
    pub is_poll: bool,
    /// The answer to a poll.
    pub is_final: bool,
    /// The sender's BFD goes on when its control plane does not.
    pub is_control_plane_independent: bool,
    /// The sender wants no packets as long as both are Up and nobody polls.
    pub is_demand: bool,
    /// After so many packets that are missing the sender counts as gone.
    pub detect_mult: NonZeroU8,
    /// The sender's session.
    pub my_discriminator: Discriminator,
    /// The receiver's session, `None` when the sender does not know it.
    pub your_discriminator: Option<Discriminator>,
    /// The sender does not want to send more often.
    pub desired_min_tx: Microseconds,
    /// The sender does not want to hear more often; 0 for not at all.
    pub required_min_rx: Microseconds,
    /// The sender does not want to hear echoes more often; 0 for not at all.
    pub required_min_echo_rx: Microseconds,
}

impl ControlPacket {
    /// Octets of a packet without authentication.
    pub const LENGTH: usize = 24;

    /// Reads the payload of a datagram. Octets after the packet's length are ignored.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        let Some(packet) = octets.first_chunk::<{ Self::LENGTH }>() else {
            return Err(DecodeError::Truncated { octets: octets.len() });
        };
        let [head, flags, detect_mult, length, ..] = *packet;
        let word = |at: usize| {
            u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]])
        };
        let has = |flag: u8| flags & flag != 0;
        if head >> 5 != VERSION {
            return Err(DecodeError::Version(head >> 5));
        }
        if usize::from(length) < Self::LENGTH || usize::from(length) > octets.len() {
            return Err(DecodeError::Length { length, octets: octets.len() });
        }
        let detect_mult = NonZeroU8::new(detect_mult).ok_or(DecodeError::DetectMult)?;
        if has(MULTIPOINT) {
            return Err(DecodeError::Multipoint);
        }
        if has(POLL) && has(FINAL) {
            return Err(DecodeError::PollAndFinal);
        }
        if has(AUTHENTICATION) {
            return Err(DecodeError::Authentication);
        }
        let diagnostic = Diagnostic::from_bits(head);
        let state = State::from_bits(flags >> 6);
        let my_discriminator = Discriminator::new(word(4)).ok_or(DecodeError::MyDiscriminator)?;
        let your_discriminator = Discriminator::new(word(8));
        if your_discriminator.is_none() && !matches!(state, State::Down | State::AdminDown) {
            return Err(DecodeError::YourDiscriminator(state));
        }
        Ok(Self {
            diagnostic,
            state,
            is_poll: has(POLL),
            is_final: has(FINAL),
            is_control_plane_independent: has(CONTROL_PLANE_INDEPENDENT),
            is_demand: has(DEMAND),
            detect_mult,
            my_discriminator,
            your_discriminator,
            desired_min_tx: Microseconds(word(12)),
            required_min_rx: Microseconds(word(16)),
            required_min_echo_rx: Microseconds(word(20)),
        })
    }

    /// The payload of a datagram.
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = flag(self.is_poll, POLL)
            | flag(self.is_final, FINAL)
            | flag(self.is_control_plane_independent, CONTROL_PLANE_INDEPENDENT)
            | flag(self.is_demand, DEMAND);
        let mut octets = [0; Self::LENGTH];
        octets[0] = VERSION << 5 | self.diagnostic.bits();
        octets[1] = self.state.bits() << 6 | flags;
        octets[2] = self.detect_mult.get();
        octets[3] = 24;
        let words = [
            self.my_discriminator.get(),
            self.your_discriminator.map_or(0, Discriminator::get),
            self.desired_min_tx.0,
            self.required_min_rx.0,
            self.required_min_echo_rx.0,
        ];
        for (place, word) in octets[4..].chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        octets
    }
}
