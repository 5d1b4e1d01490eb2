//! What a LAN does to packets.

use std::collections::BTreeSet;
use std::time::Duration;

/// A LAN.
#[derive(Clone, Debug, Default)]
pub(super) struct Medium {
    /// Of a thousand packets so many are lost, arrive twice, arrive with a wrong bit.
    pub(super) loss: u16,
    pub(super) duplication: u16,
    pub(super) damage: u16,
    /// The longest that one takes beyond the usual.
    pub(super) more_delay: Duration,
    /// From the first machine nothing reaches the second.
    pub(super) cuts: BTreeSet<(usize, usize)>,
}

impl Medium {
    /// Every packet takes so long, and up to as much again.
    pub(super) const USUAL: Duration = Duration::from_micros(50);

    /// The longest that a packet takes on any.
    pub(super) const LONGEST: Duration = Duration::from_millis(40);

    pub(super) fn is_stormy(&self) -> bool {
        self.loss + self.duplication + self.damage > 0
            || !self.more_delay.is_zero()
            || !self.cuts.is_empty()
    }

    /// How often a packet arrives, after how long each time, and whether it is damaged.
    pub(super) fn carry(&self, random: &mut fastrand::Rng) -> [Option<(Duration, bool)>; 2] {
        let happens = |random: &mut fastrand::Rng, of_thousand: u16| {
            of_thousand > 0 && random.u16(..1000) < of_thousand
        };
        let copies = match (happens(random, self.loss), happens(random, self.duplication)) {
            (true, _) => 0,
            (_, true) => 2,
            _ => 1,
        };
        let copy = |random: &mut fastrand::Rng| {
            let most =
                u64::try_from((Self::USUAL + self.more_delay).as_nanos()).unwrap_or(u64::MAX);
            (Self::USUAL + Duration::from_nanos(random.u64(..=most)), happens(random, self.damage))
        };
        [0, 1].map(|number| (number < copies).then(|| copy(random)))
    }
}
