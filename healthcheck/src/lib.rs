#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

extern crate alloc;
#[cfg(feature = "probes")]
extern crate std;

mod action;
mod checker;
mod health;
mod outcome;
mod pool;
mod server;
mod time;

#[cfg(feature = "probes")]
mod checks;
#[cfg(feature = "probes")]
pub mod probes;

#[cfg(feature = "probes")]
pub use checks::Checks;

pub use action::{Action, Actions, Event};
pub use checker::{CheckConfig, Known, Pace, Phase, Run};
pub use health::{CheckId, Health, Input};
pub use outcome::{Outcome, Weight};
pub use pool::{Member, PoolConfig, PoolId, Sorry, Who};
pub use server::{ServerConfig, ServerId};
pub use time::Timestamp;
