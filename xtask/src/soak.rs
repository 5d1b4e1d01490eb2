//! `cargo xtask soak`.

use crate::debian;
use crate::run::{Outcome, cargo, top};

pub(crate) fn run(minutes: u32, seed: u64) -> Outcome {
    debian::install(&debian::LAB)?;
    cargo(&["build", "--release", "--package", "director"])?;
    let director = top().join("target/release/director");
    let (minutes, seed) = (minutes.to_string(), seed.to_string());
    let own = ["run", "--quiet", "--package", "lab", "--bin", "soak", "--"];
    let words = ["--minutes", &minutes, "--seed", &seed, "--director", &director.to_string_lossy()];
    cargo(&[&own[..], &words].concat())
}
