use std::time::Duration;

/// What happens to packets on their way.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain settings, used with `..Default::default()`")]
pub struct Medium {
    /// The shortest time that a packet takes.
    pub min_delay: Duration,
    /// The longest; packets with different delays overtake each other.
    pub max_delay: Duration,
    /// Of a thousand packets, so many are lost.
    pub loss: u16,
    /// Of a thousand, so many arrive twice.
    pub duplication: u16,
    /// Of a thousand, so many arrive with a wrong bit.
    pub damage: u16,
}

impl Default for Medium {
    /// A good LAN: 50 to 200 microseconds, nothing is lost.
    fn default() -> Self {
        Self {
            min_delay: Duration::from_micros(50),
            max_delay: Duration::from_micros(200),
            loss: 0,
            duplication: 0,
            damage: 0,
        }
    }
}

impl Medium {
    /// What arrives of a packet, and after how long.
    pub(super) fn carry(
        &self,
        random: &mut fastrand::Rng,
        octets: &[u8],
    ) -> Vec<(Duration, Vec<u8>)> {
        let copies = match () {
            () if happens(random, self.loss) => 0,
            () if happens(random, self.duplication) => 2,
            () => 1,
        };
        (0..copies)
            .map(|_| {
                let (min, max) = (nanoseconds(self.min_delay), nanoseconds(self.max_delay));
                let delay = Duration::from_nanos(random.u64(min..=max.max(min)));
                let mut octets = octets.to_vec();
                if happens(random, self.damage) {
                    let at = random.usize(..octets.len());
                    octets[at] ^= 1 << random.u8(..8);
                }
                (delay, octets)
            })
            .collect()
    }
}

fn happens(random: &mut fastrand::Rng, per_thousand: u16) -> bool {
    random.u16(..1000) < per_thousand
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
