//! Running the fuzz targets with cargo-fuzz.

use std::path::Path;

use crate::debian;
use crate::run::{Outcome, cargo, command, top};

const VERSION: &str = "0.13.2";

pub(crate) fn run(seconds: u32) -> Outcome {
    debian::install(&debian::COMPILER)?;
    let tools = top().join("target/tools");
    let program = tools.join("bin/cargo-fuzz");
    if !program.exists() {
        let root = tools.to_string_lossy();
        let version = ["--version", VERSION, "--root", &root];
        cargo(&[&["install", "cargo-fuzz", "--locked", "--quiet"][..], &version].concat())?;
    }
    for target in targets(&top().join("fuzz/fuzz_targets"))? {
        let program = program.to_string_lossy();
        let time = format!("-max_total_time={seconds}");
        let seeds = format!("fuzz/seeds/{target}");
        let corpus = format!("fuzz/corpus/{target}");
        std::fs::create_dir_all(top().join(&corpus)).map_err(|error| error.to_string())?;
        // There is no unsafe code to sanitize, and without the sanitizer no nightly compiler is needed.
        let words = [
            &program,
            "fuzz",
            "run",
            "--sanitizer",
            "none",
            "--features",
            "libfuzzer",
            &target,
            &corpus,
            &seeds,
            "--",
            &time,
            "-print_final_stats=1",
            "-verbosity=0",
        ];
        command(&[], &words).map_err(|error| format!("{target}: {error}"))?;
    }
    Ok(())
}

fn targets(folder: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}
