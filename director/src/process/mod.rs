//! The daemon as a process: its pid files, rights, log and manager.

pub mod child;
pub mod daemon;
pub mod igmp;
pub mod keepsake;
pub mod limits;
pub mod log;
pub mod memory;
pub mod namespace;
pub mod pid_file;
pub mod reload_time;
pub mod rights;
pub mod scheduling;
