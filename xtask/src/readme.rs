//! The README's commands work as they stand.

use std::fs;

use crate::run::{Outcome, command, top};

/// Runs each line of the README's `sh` blocks.
pub(crate) fn run() -> Outcome {
    let text = fs::read_to_string(top().join("README.md")).map_err(|error| error.to_string())?;
    let commands = commands(&text);
    if commands.is_empty() {
        return Err("the README has no command".into());
    }
    for line in commands {
        command(&[], &["sh", "-c", line])?;
    }
    Ok(())
}

fn commands(text: &str) -> Vec<&str> {
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|b| b.strip_prefix("sh\n"));
    blocks.flat_map(str::lines).filter(|line| !line.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_sh_blocks_are_commands() {
        let text = "a\n```sh\none\ntwo\n```\nb\n```rust\nthree\n```\n```sh\nfour\n```\n";
        assert_eq!(super::commands(text), ["one", "two", "four"]);
    }
}
