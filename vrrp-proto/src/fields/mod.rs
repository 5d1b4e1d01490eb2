//! The bounded values that an advertisement carries.

mod address_list;
mod interval;
mod priority;
mod vrid;

pub use address_list::{AddressList, Addresses, Addressing, Iter};
pub use interval::{Centiseconds, Interval, Seconds};
pub use priority::Priority;
pub use vrid::Vrid;

/// A number outside the range that its field allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}, allowed are {min} to {max}")]
pub struct OutOfRange {
    /// The field, in the words of the RFC.
    pub field: &'static str,
    /// The value that was refused.
    pub value: u64,
    /// The smallest allowed value.
    pub min: u64,
    /// The largest allowed value.
    pub max: u64,
}
