//! The daemon as a process: its pid files, rights, log and manager.

pub mod child;
pub mod daemon;
pub mod limits;
pub mod log;
pub mod memory;
pub mod pid_file;
pub mod rights;
