//! The lines of `ipvsadm-save` and `ipvsadm-restore`.

mod parse;
mod print;
#[cfg(test)]
mod tests;

pub use parse::{ParseError, Problem};
