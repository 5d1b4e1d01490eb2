#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

extern crate alloc;

mod action;
mod config;
mod event;
mod input;
mod router;
mod set;
mod stats;
mod time;

pub use action::{Action, Actions};
pub use config::{Announcements, Config, ConfigError};
pub use event::{Cause, Event, Fault, State};
pub use input::Input;
pub use router::{ADDRESS_RETRY, NotSameRouter, VirtualRouter};
pub use set::{Occupied, RouterSet};
pub use stats::Stats;
pub use time::Timestamp;
/// The packet codec, whose types are part of this crate's interface.
pub use vrrp_proto as proto;
