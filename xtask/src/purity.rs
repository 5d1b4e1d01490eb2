//! Nothing in the deciding crates pulls in std.

use std::process::Command;

use crate::run::{Outcome, cargo, top};

/// Links the program in `purity/`, which has a panic handler of its own, and runs it: with std anywhere
/// in it there would be two.
pub(crate) fn run() -> Outcome {
    cargo(&["build", "--package", "purity", "--profile", "no-std", "--features", "program"])?;
    let program = top().join("target/no-std/purity");
    let status = Command::new(&program).status().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("{}: {status}", program.display()));
    }
    println!("purity: a program without std elected an Active router");
    Ok(())
}
