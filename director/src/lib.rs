#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]

pub mod balancing;
mod cause;
pub mod config;
mod director;
pub mod dump;
pub mod keywords;
pub mod notify;
pub mod process;
pub mod scripts;
pub mod status;
pub mod tracking;

pub use cause::chain;
pub use director::{Director, Happening, ReloadError, StartError};
