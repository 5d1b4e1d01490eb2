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
    // There is no unsafe code to sanitize, and without the sanitizer no nightly compiler is needed. All are built at once,
    // and without what makes a release small.
    let quick =
        [("CARGO_PROFILE_RELEASE_LTO", "off"), ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")];
    let program = program.to_string_lossy();
    let how = ["--sanitizer", "none", "--features", "libfuzzer"];
    command(&quick, &[&[&*program, "fuzz", "build"][..], &how].concat())?;
    for target in targets(&top().join("fuzz/fuzz_targets"))? {
        let time = format!("-max_total_time={seconds}");
        let seeds = format!("fuzz/seeds/{target}");
        let corpus = format!("fuzz/corpus/{target}");
        std::fs::create_dir_all(top().join(&corpus)).map_err(|error| error.to_string())?;
        let limits = ["--", &time, "-print_final_stats=1", "-verbosity=0"];
        let run = [&*program, "fuzz", "run"];
        let what = [target.as_str(), &corpus, &seeds];
        let words = [&run[..], &how, &what, &limits].concat();
        command(&quick, &words).map_err(|error| format!("{target}: {error}"))?;
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
