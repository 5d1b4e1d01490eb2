//! What the small programs share.
#![expect(clippy::print_stderr, reason = "for command-line programs")]

use std::error::Error;
use std::process::ExitCode;

/// The status that a program ends with; an error is printed with its causes.
pub fn exit(program: &str, outcome: Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprint!("{program}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    ExitCode::FAILURE
}
