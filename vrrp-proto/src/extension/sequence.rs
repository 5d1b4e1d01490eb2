use super::TimeOfDay;

/// Seconds, fraction of a second and counter: the 64-bit number that a sender uses once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sequence(u64);

impl Sequence {
    /// Below every number that is sent.
    pub(super) const ZERO: Self = Self(0);

    /// The first number at this time.
    pub(super) const fn at(time: TimeOfDay) -> Self {
        Self((time.seconds() as u64) << 32 | (time.fraction() as u64) << 16)
    }

    /// The number after this one. When the counter is used up the fraction goes on, then the seconds.
    pub(super) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    pub(super) const fn from_octets(octets: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(octets))
    }

    pub(super) const fn to_octets(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    pub(super) const fn get(self) -> u64 {
        self.0
    }

    pub(super) const fn seconds(self) -> u32 {
        let [a, b, c, d, ..] = self.0.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_is_used_up_advances_the_time() {
        let mut sequence = Sequence::at(TimeOfDay::new(7, 0xffff));
        for _ in 0..=u16::MAX {
            let before = sequence;
            sequence = sequence.next();
            assert!(sequence > before);
        }
        assert_eq!(sequence, Sequence::at(TimeOfDay::new(8, 0)));
    }
}
