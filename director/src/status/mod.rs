//! What the daemon shows: JSON and metrics over HTTP, and a table made of the JSON.

mod client;
mod metrics;
mod report;
mod server;
mod table;

pub use client::{FetchError, fetch};
pub use report::{BfdReport, Counter, GroupReport, InstanceReport, Report};
pub use server::{Listener, ServeError, Server, serve};
pub use table::table;
