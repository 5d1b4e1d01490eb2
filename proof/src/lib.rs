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

pub use described::{
    Authenticates, Configured, Delivery, Described, Key, SECRET, centiseconds, seconds,
};
pub use machine::{Machine, Sent};
pub use mistake::Mistake;
pub use observer::{Look, Moment, Need, Observer, ObserverSnapshot, Violation};
pub use property::{DOWN, Property, Violated};
