#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]

mod batch;
mod connection;
mod error;
mod events;
mod message;
mod transaction;

pub use batch::{Batch, Request};
pub use connection::{Connection, Protocol};
pub use error::{Error, KernelError, RequestError, TransactionError};
pub use events::{Events, Received};
pub use message::{Attributes, Message};

/// Flags of a request (`include/uapi/linux/netlink.h`); combine with `|`.
pub mod flags {
    /// Answer with a list.
    pub const DUMP: u16 = 0x300;
    /// Replace what exists.
    pub const REPLACE: u16 = 0x100;
    /// Fail if it exists.
    pub const EXCL: u16 = 0x200;
    /// Create it if it does not exist.
    pub const CREATE: u16 = 0x400;
    /// Put it after those that exist.
    pub const APPEND: u16 = 0x800;
}
