//! Every state of a few routers, and seeds of the simulation.

use crate::run::{Outcome, cargo};

pub(crate) fn model(is_long: bool) -> Outcome {
    let words = ["run", "--quiet", "--package", "proof", "--bin", "model"];
    let more: &[&str] = if is_long { &["--", "--long"] } else { &[] };
    cargo(&[&words[..], more].concat())
}

pub(crate) fn simulation(words: &[String]) -> Outcome {
    let own = ["run", "--quiet", "--package", "proof", "--bin", "sim", "--"];
    cargo(&own.into_iter().chain(words.iter().map(String::as_str)).collect::<Vec<_>>())
}
