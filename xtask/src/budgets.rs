//! What things may cost. Memory and allocations are tests.

use std::fs;

use crate::debian;
use crate::run::{self, Outcome, cargo, command, top};

/// Octets of the example `vip`, stripped.
const VIP: u64 = 1_500_000;

pub(crate) fn run() -> Outcome {
    debian::install(&debian::LAB)?;
    debian::fetch_kernel()?;
    cargo(&["build", "--release", "--package", "director"])?;
    let director = top().join("target/release/director");
    let director = [("DIRECTOR", &*director.to_string_lossy())];
    run::with_environment(&director, &["bench", "--package", "benches"])?;
    cargo(&["build", "--release", "--package", "examples", "--bin", "vip"])?;
    command(&[], &["strip", "-o", "target/vip.stripped", "target/release/vip"])?;
    let stripped = top().join("target/vip.stripped");
    let size = fs::metadata(stripped).map_err(|error| error.to_string())?.len();
    println!("vip, stripped: {size} octets, allowed are {VIP}");
    if size < VIP { Ok(()) } else { Err("vip is too large".into()) }
}
