#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]

mod attribute;
mod blocking;
mod error;
mod expression;
mod family;
mod found;
mod keeper;
mod marking;
mod transaction;
mod uapi;
mod writer;

pub use blocking::{Blocked, Firewall, Interface, Settings};
pub use error::FirewallError;
pub use family::Family;
pub use marking::{Marked, Marking, Transport};
