#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod config;
mod driver;
mod error;
mod handle;
mod socket;

pub use bfd as session;
pub use config::SessionConfig;
pub use driver::{Counters, Notice, SessionStatus};
pub use error::{SetError, StartError, Stopped};
pub use handle::Bfd;
