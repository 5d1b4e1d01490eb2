//! Protection against replayed packets (RFC 2402 section 3.4.3).

use core::net::Ipv4Addr;

use crate::error::AuthFailure;

/// The sequence numbers that one sender has used: the highest, and which of the 63 before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayWindow {
    highest: u32,
    /// Bit n is set when `highest - n` was seen.
    seen: u64,
}

impl ReplayWindow {
    /// A window that has seen its first packet.
    pub const fn starting_at(sequence: u32) -> Self {
        Self { highest: sequence, seen: 1 }
    }

    /// Takes note of a sequence number whose packet was proved genuine.
    ///
    /// # Errors
    /// [`AuthFailure::Replay`] for one that was seen or is 64 or more behind; the window stays as it is.
    pub fn accept(&mut self, sequence: u32) -> Result<(), AuthFailure> {
        if let Some(ahead) = sequence.checked_sub(self.highest).filter(|ahead| *ahead > 0) {
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = sequence;
            return Ok(());
        }
        let bit = 1u64.checked_shl(self.highest - sequence).unwrap_or(0);
        if bit == 0 || self.seen & bit != 0 {
            return Err(AuthFailure::Replay { received: sequence, highest: self.highest });
        }
        self.seen |= bit;
        Ok(())
    }
}

/// Replay windows by sender. Nothing is shared between senders, nor with our own counter.
///
/// Only senders that know the secret get an entry. When there are more than eight routers the one
/// that was not heard for the longest is forgotten.
#[derive(Clone, Debug, Default)]
pub struct ReplayGuard {
    /// The most recently heard first.
    senders: [Option<(Ipv4Addr, ReplayWindow)>; 8],
}

impl ReplayGuard {
    /// Takes note of a proved packet of `sender`.
    ///
    /// # Errors
    /// As [`ReplayWindow::accept`].
    pub fn accept(&mut self, sender: Ipv4Addr, sequence: u32) -> Result<(), AuthFailure> {
        let known = |entry: &Option<(Ipv4Addr, ReplayWindow)>| {
            entry.is_some_and(|(address, _)| address == sender)
        };
        let place = self.senders.iter().position(known);
        if let Some((_, window)) = place.and_then(|place| self.senders[place].as_mut()) {
            window.accept(sequence)?;
        }
        let last = place.unwrap_or(self.senders.len() - 1);
        if place.is_none() {
            self.senders[last] = Some((sender, ReplayWindow::starting_at(sequence)));
        }
        self.senders[..=last].rotate_right(1);
        Ok(())
    }
}
