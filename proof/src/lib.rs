#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod described;
mod machine;
mod mistake;
pub mod model;
mod observer;
mod packet;
pub mod pools;
mod property;
pub mod simulation;

pub use described::{Configured, Delivery, Described, Key, centiseconds, seconds};
pub use machine::{Arrived, Machine, Sent};
pub use mistake::Mistake;
pub use observer::{Look, Moment, Need, Observer, ObserverSnapshot, Violation};
pub use property::{DOWN, Property, Violated};
