#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]

mod attribute;
mod blocked;
mod elements;
mod error;
mod expression;
mod firewall;
mod found;
mod settings;
mod table;
mod transaction;
mod uapi;

pub use blocked::{Blocked, Family, Interface};
pub use error::FirewallError;
pub use firewall::Firewall;
pub use settings::Settings;
