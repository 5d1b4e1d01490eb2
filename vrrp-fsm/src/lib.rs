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
mod tracking;

pub use action::{Action, Actions};
pub use config::{Announcements, Config, ConfigError, OwnerConflict};
pub use event::{Cause, Event, Fault, State};
pub use input::Input;
pub use router::{ADDRESS_RETRY, NotSameRouter, Snapshot, VirtualRouter};
pub use set::{GroupId, Occupied, RouterSet, SetSnapshot};
pub use stats::Stats;
pub use time::Timestamp;
pub use tracking::{RiseFall, Standing, Tracking, Verdict, Weight, WeightOutOfRange};
/// The packet codec, whose types are part of this crate's interface.
pub use vrrp_proto as proto;
