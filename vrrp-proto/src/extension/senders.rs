use core::net::IpAddr;

use super::sequence::Sequence;

/// The highest number of each sender that proved one. When there are more senders than room, the one
/// that was not heard for the longest is forgotten.
#[derive(Clone, Debug)]
pub(super) struct Senders<const ROOM: usize> {
    /// The most recently heard first.
    heard: [Option<(IpAddr, Sequence)>; ROOM],
}

impl<const ROOM: usize> Senders<ROOM> {
    pub(super) const fn new() -> Self {
        const { assert!(ROOM > 0, "a sender that is not remembered can be replayed") };
        Self { heard: [None; ROOM] }
    }

    pub(super) fn highest(&self, sender: IpAddr) -> Option<Sequence> {
        let known = self.heard.iter().flatten().find(|(address, _)| *address == sender);
        known.map(|(_, sequence)| *sequence)
    }

    pub(super) fn remember(&mut self, sender: IpAddr, sequence: Sequence) {
        let is_sender = |entry: &Option<(IpAddr, Sequence)>| {
            entry.is_some_and(|(address, _)| address == sender)
        };
        let place = self.heard.iter().position(is_sender).unwrap_or(ROOM - 1);
        self.heard[..=place].rotate_right(1);
        self.heard[0] = Some((sender, sequence));
    }
}
