//! Addresses that this machine must not use.

mod blocked;
mod elements;
mod expression;
mod firewall;
mod settings;
mod table;

pub use blocked::{Blocked, Interface};
pub use firewall::Firewall;
pub use settings::Settings;
