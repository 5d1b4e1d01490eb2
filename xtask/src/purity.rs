//! Nothing in the deciding crates pulls in std.

use crate::run::{Outcome, cargo, command};

/// Links the program in `purity/`, which has a panic handler of its own, and runs it: with std anywhere
/// in it there would be two.
pub(crate) fn run() -> Outcome {
    cargo(&["build", "--package", "purity", "--profile", "no-std", "--features", "program"])?;
    // It cannot end itself when it panics.
    command(&[], &["timeout", "10", "target/no-std/purity"])?;
    println!(
        "purity: a program without std elected an Active router, brought a BFD session up and took a failed server out of its pool"
    );
    Ok(())
}
