//! Running the fuzz targets with cargo-fuzz.

use std::path::Path;

use crate::debian;
use crate::run::{Outcome, cargo, command, top};

const VERSION: &str = "0.13.2";

pub(crate) fn run(seconds: u32, only: Option<&str>, keep: bool) -> Outcome {
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
    let all = targets(&top().join("fuzz/fuzz_targets"))?;
    if let Some(unknown) = only.filter(|only| !all.iter().any(|target| target == only)) {
        return Err(format!("target is {unknown}, allowed are {}", all.join(", ")));
    }
    for target in all.iter().filter(|target| only.is_none_or(|only| only == *target)) {
        // What was found here before, what is kept, and what somebody wrote.
        let [found, kept, seeds] =
            ["target/fuzz", "fuzz/corpus", "fuzz/seeds"].map(|folder| format!("{folder}/{target}"));
        for folder in [&found, &kept] {
            std::fs::create_dir_all(top().join(folder)).map_err(|error| error.to_string())?;
        }
        let fuzz = |words: &[&str]| {
            let run = [&*program, "fuzz", "run"];
            let words = [&run[..], &how, &[target.as_str()], words].concat();
            command(&quick, &words).map_err(|error| format!("{target}: {error}"))
        };
        let time = format!("-max_total_time={seconds}");
        let limits = ["--", &time, "-print_final_stats=1", "-verbosity=0"];
        fuzz(&[&[&*found, &kept, &seeds][..], &limits].concat())?;
        if keep {
            // As few as reach all edges, however often.
            let least = ["-set_cover_merge=1", "-use_counters=0"];
            fuzz(&[&[&*kept, &seeds, &found, "--"][..], &least].concat())?;
        }
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
