#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

mod config;
mod error;
mod fields;
mod packet;
mod session;
mod time;

pub use config::{Config, ConfigError};
pub use error::DecodeError;
pub use fields::{Diagnostic, Discriminator, Microseconds, State};
pub use packet::ControlPacket;
pub use session::{Actions, Event, Input, Jitter, Session, Stats};
pub use time::Timestamp;

/// The UDP port of sessions over one hop (RFC 5881 section 4).
pub const SINGLE_HOP_PORT: u16 = 3784;
/// The UDP port of sessions over several hops (RFC 5883 section 5).
pub const MULTIHOP_PORT: u16 = 4784;
/// The UDP ports that packets are sent from, one for each session (RFC 5881 section 4).
pub const SOURCE_PORTS: core::ops::RangeInclusive<u16> = 49152..=65535;
/// TTL and hop limit of packets over one hop (RFC 5881 section 5).
pub const HOP_LIMIT: u8 = 255;
