//! What is watched besides the network, and what it does to the priority.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use vrrp_proto::Priority;

/// What a tracked item does to the priority.
///
/// | weight | while it is up | while it is down |
/// |---|---|---|
/// | positive | adds to the priority | nothing |
/// | negative | nothing | takes from the priority |
/// | zero | nothing | the router cannot run |
///
/// Reversed, it adds where it took, takes where it added, and cannot run while the item is up.
///
/// An item with a [value](Standing::Value) adds its product with the weight, -254 to 253; at -254 the router
/// cannot run. With weight zero it cannot run while the value is not zero, and reversed while it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Weight {
    value: i16,
    is_reversed: bool,
}

impl Weight {
    /// Without it the router cannot run.
    pub const FAULT: Self = Self { value: 0, is_reversed: false };

    /// A weight of -254 to 254.
    ///
    /// # Errors
    /// [`WeightOutOfRange`].
    pub const fn new(value: i16) -> Result<Self, WeightOutOfRange> {
        if value < -254 || value > 254 {
            return Err(WeightOutOfRange(value));
        }
        Ok(Self { value, is_reversed: false })
    }

    /// The opposite.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { value: self.value, is_reversed: !self.is_reversed }
    }

    /// The number.
    pub const fn value(self) -> i16 {
        self.value
    }

    fn contribution(self, standing: Standing) -> i32 {
        let signed = |amount: i32| if self.is_reversed { -amount } else { amount };
        match (standing, self.value) {
            (Standing::Up, 1..) | (Standing::Down, ..0) => signed(self.value.into()),
            (Standing::Value(value), weight) => {
                let product = i64::from(value) * i64::from(signed(weight.into()));
                // In this range it fits.
                i32::try_from(product.clamp(Self::LEAST.into(), Self::MOST.into())).unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn is_fault(self, standing: Standing) -> bool {
        match standing {
            Standing::Value(value) if self.value == 0 => (value != 0) != self.is_reversed,
            Standing::Value(_) => self.contribution(standing) == Self::LEAST,
            _ => {
                let bad = if self.is_reversed { Standing::Up } else { Standing::Down };
                self.value == 0 && standing == bad
            }
        }
    }

    /// What a value can take, and then the router cannot run.
    const LEAST: i32 = -254;
    /// What a value can add.
    const MOST: i32 = 253;
}

/// A weight that no priority can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("weight is {0}, allowed are -254 to 254")]
#[expect(clippy::exhaustive_structs, reason = "says all there is")]
pub struct WeightOutOfRange(pub i16);

/// How a tracked item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "yes, no, how much, or not yet known")]
pub enum Standing {
    /// Nothing is known of it yet. It neither adds nor takes.
    #[default]
    Unknown,
    /// It is as it should be.
    Up,
    /// It is not.
    Down,
    /// A number, of which the [weight](Weight) is the factor.
    Value(i32),
}

impl From<bool> for Standing {
    fn from(is_up: bool) -> Self {
        if is_up { Self::Up } else { Self::Down }
    }
}

/// The items that a router tracks.
///
/// ```
/// use vrrp_fsm::{Standing, Tracking, Weight, proto::Priority};
///
/// let mut tracking = Tracking::new([("proxy", Weight::new(-30)?), ("eth1", Weight::FAULT)]);
/// tracking.set(&"eth1", Standing::Up);
/// tracking.set(&"proxy", Standing::Down);
/// let verdict = tracking.verdict(Priority::DEFAULT);
/// assert_eq!((verdict.priority.get(), verdict.is_fit), (70, true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracking<K> {
    items: Vec<(K, Weight, Standing)>,
}

impl<K> Default for Tracking<K> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

/// What tracking makes of a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the three things that tracking can say")]
pub struct Verdict {
    /// The priority to run with; for the owner of the addresses always 255.
    pub priority: Priority,
    /// Whether the router can run.
    pub is_fit: bool,
    /// Whether everything that it cannot run without is known.
    pub is_known: bool,
}

impl<K: PartialEq> Tracking<K> {
    /// Items of which nothing is known yet.
    pub fn new(items: impl IntoIterator<Item = (K, Weight)>) -> Self {
        let items = items.into_iter().map(|(key, weight)| (key, weight, Standing::Unknown));
        Self { items: items.collect() }
    }

    /// Says how an item is; returns whether that was news.
    pub fn set(&mut self, key: &K, standing: Standing) -> bool {
        let mut is_news = false;
        for (_, _, known) in self.items.iter_mut().filter(|(item, _, _)| item == key) {
            is_news |= *known != standing;
            *known = standing;
        }
        is_news
    }

    /// The items with their weights and how they are.
    pub fn iter(&self) -> impl Iterator<Item = (&K, Weight, Standing)> {
        self.items.iter().map(|(key, weight, standing)| (key, *weight, *standing))
    }

    /// What the items make of a configured priority: their sum, from 1 to 254.
    pub fn verdict(&self, base: Priority) -> Verdict {
        let mut sum = i32::from(base.get());
        let (mut is_fit, mut is_known) = (true, true);
        for (_, weight, standing) in &self.items {
            sum += weight.contribution(*standing);
            is_fit &= !weight.is_fault(*standing);
            is_known &= weight.value != 0 || *standing != Standing::Unknown;
        }
        let (min, max) = (Priority::MIN.get(), Priority::MAX_NOT_OWNER.get());
        let priority = match base.is_owner() {
            true => base,
            false => {
                Priority::from_wire(u8::try_from(sum.clamp(min.into(), max.into())).unwrap_or(max))
            }
        };
        Verdict { priority, is_fit, is_known }
    }
}

/// Makes one answer of many: an item is up after so many successes in a row, and down after so many
/// failures. The very first result decides at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiseFall {
    rise: NonZeroU32,
    fall: NonZeroU32,
    standing: Standing,
    /// Results in a row that contradict the standing.
    against: u32,
}

impl RiseFall {
    /// Nothing is known yet.
    pub const fn new(rise: NonZeroU32, fall: NonZeroU32) -> Self {
        Self { rise, fall, standing: Standing::Unknown, against: 0 }
    }

    /// Down until it has risen.
    #[must_use]
    pub const fn failed(self) -> Self {
        Self { standing: Standing::Down, ..self }
    }

    /// Up until it has fallen: what was found before still holds.
    #[must_use]
    pub const fn risen(self) -> Self {
        Self { standing: Standing::Up, ..self }
    }

    /// Counts a result and says how the item is now.
    pub fn count(&mut self, is_success: bool) -> Standing {
        let enough = match (self.standing, is_success) {
            (Standing::Up, false) => self.fall.get(),
            (Standing::Down, true) => self.rise.get(),
            (Standing::Unknown, _) => 1,
            _ => {
                self.against = 0;
                return self.standing;
            }
        };
        self.against += 1;
        if self.against >= enough {
            self.standing = is_success.into();
            self.against = 0;
        }
        self.standing
    }

    /// How the item is.
    pub const fn standing(&self) -> Standing {
        self.standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(base: u8, weight: Weight, standing: Standing) -> (u8, bool, bool) {
        let mut tracking = Tracking::new([("item", weight)]);
        tracking.set(&"item", standing);
        let verdict = tracking.verdict(Priority::from_wire(base));
        (verdict.priority.get(), verdict.is_fit, verdict.is_known)
    }

    #[test]
    fn every_weight_does_what_the_table_says() {
        let weight = |value| Weight::new(value).unwrap();
        use Standing::{Down, Unknown, Up};
        for (weight, standing, expected) in [
            (weight(20), Up, (120, true, true)),
            (weight(20), Down, (100, true, true)),
            (weight(20), Unknown, (100, true, true)),
            (weight(-20), Up, (100, true, true)),
            (weight(-20), Down, (80, true, true)),
            (weight(-20).reversed(), Down, (120, true, true)),
            (weight(20).reversed(), Up, (80, true, true)),
            (weight(0), Up, (100, true, true)),
            (weight(0), Down, (100, false, true)),
            (weight(0), Unknown, (100, true, false)),
            (weight(0).reversed(), Up, (100, false, true)),
            (weight(0).reversed(), Down, (100, true, true)),
            (weight(-254), Down, (1, true, true)),
            (weight(254), Up, (254, true, true)),
        ] {
            assert_eq!(verdict(100, weight, standing), expected, "{weight:?} {standing:?}");
        }
        for (weight, value, expected) in [
            (weight(1), 20, (120, true, true)),
            (weight(2), -20, (60, true, true)),
            (weight(2).reversed(), -20, (140, true, true)),
            (weight(1), 100_000, (254, true, true)),
            (weight(254), i32::MAX, (254, true, true)),
            (weight(1), -253, (1, true, true)),
            (weight(1), -254, (1, false, true)),
            (weight(254), i32::MIN, (1, false, true)),
            (weight(0), 0, (100, true, true)),
            (weight(0), 3, (100, false, true)),
            (weight(0).reversed(), 3, (100, true, true)),
            (weight(0).reversed(), 0, (100, false, true)),
        ] {
            let standing = Standing::Value(value);
            assert_eq!(verdict(100, weight, standing), expected, "{weight:?} {value}");
        }
        assert_eq!(verdict(255, weight(-20), Down), (255, true, true));
        assert_eq!(Weight::new(255), Err(WeightOutOfRange(255)));
    }

    #[test]
    fn results_count_in_a_row() {
        let count = |number| NonZeroU32::new(number).unwrap();
        let mut item = RiseFall::new(count(2), count(3));
        assert_eq!(item.count(true), Standing::Up);
        let results = [false, false, true, false, false, false, true, false, true, true];
        let standings: Vec<_> = results.map(|result| item.count(result) == Standing::Up).into();
        assert_eq!(standings, [true, true, true, true, true, false, false, false, false, true],);
        assert_eq!(RiseFall::new(count(2), count(3)).count(false), Standing::Down);
        let mut item = RiseFall::new(count(2), count(3)).failed();
        assert_eq!([item.count(true), item.count(true)], [Standing::Down, Standing::Up]);
    }
}
