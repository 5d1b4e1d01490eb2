//! The lines of `ipvsadm-save` and `ipvsadm-restore`.

mod options;
mod parse;
mod print;
mod problem;
#[cfg(test)]
mod tests;

pub use problem::{ParseError, Problem};
