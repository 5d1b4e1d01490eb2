//! Which lines of the deciding crates no test of theirs runs.

mod explained;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::debian::{self, Need};
use crate::run::{self, Outcome, top};

/// Debian's: rustup has one as well, where there is a network.
const TOOLS: [Need; 1] = [("/usr/lib/llvm-19/bin/llvm-cov", "llvm-19")];
const FOLDER: &str = "/usr/lib/llvm-19/bin";

/// What decides.
const SOURCES: [&str; 5] =
    ["vrrp-proto/src/", "vrrp-fsm/src/", "bfd/src/", "healthcheck/src/", "ipvs-netlink/src/"];
/// Of these only what does no I/O.
const LEFT_OUT: [&str; 3] =
    ["healthcheck/src/probes/", "healthcheck/src/checks.rs", "ipvs-netlink/src/ipvs"];
/// Their own tests, and those that look at every state, seed and way.
const PACKAGES: [&str; 7] =
    ["vrrp-proto", "vrrp-fsm", "bfd", "healthcheck", "ipvs-netlink", "proof", "fuzz"];

pub(crate) fn run() -> Outcome {
    debian::install(&TOOLS)?;
    let folder = top().join("target/coverage");
    let profiles = folder.join("profiles");
    // Of an earlier run.
    let _ = fs::remove_dir_all(&profiles);
    fs::create_dir_all(&profiles).map_err(|error| error.to_string())?;
    let build = folder.join("build").to_string_lossy().into_owned();
    let pattern = profiles.join("%p-%m.profraw").to_string_lossy().into_owned();
    let environment = [("RUSTFLAGS", "-C instrument-coverage"), ("LLVM_PROFILE_FILE", &*pattern)];
    let packages = PACKAGES.iter().flat_map(|package| ["--package", package]);
    let words: Vec<&str> =
        ["test", "--tests", "--target-dir", &build].into_iter().chain(packages).collect();
    run::with_environment(&environment, &words)?;
    // Its kernel is in a virtual machine.
    let ipvs = ["test", "--target-dir", &build, "--package", "lab", "--test", "ipvs"];
    run::with_environment(&environment, &ipvs)?;
    let mut programs = programs(&environment, &words)?;
    programs.extend(self::programs(&environment, &ipvs)?);
    let merged = folder.join("all.profdata").to_string_lossy().into_owned();
    let profiles = profiles.to_string_lossy().into_owned();
    let tool = |name: &str| format!("{FOLDER}/{name}");
    let merge =
        format!("{} merge -sparse '{profiles}'/*.profraw -o '{merged}'", tool("llvm-profdata"));
    run::command(&[], &["sh", "-c", &merge])?;
    let mut export = Command::new(tool("llvm-cov"));
    export.args(["export", "-format=lcov", "-instr-profile", &merged]);
    for (number, program) in programs.iter().enumerate() {
        export.args((number > 0).then_some("-object")).arg(program);
    }
    let output = export.output().map_err(|error| format!("llvm-cov: {error}"))?;
    if !output.status.success() {
        return Err(format!("llvm-cov: {}", String::from_utf8_lossy(&output.stderr)));
    }
    report(&String::from_utf8_lossy(&output.stdout))
}

/// The test programs that were just run.
fn programs(environment: &[(&str, &str)], words: &[&str]) -> Result<Vec<PathBuf>, String> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(words)
        .args(["--no-run", "--message-format", "json"])
        .envs(environment.iter().copied())
        .current_dir(top())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages.filter_map(|message| Some(message["executable"].as_str()?.into())).collect())
}

/// Prints lines that were never run, and fails for those whose reason is not written down.
fn report(lcov: &str) -> Outcome {
    let explained = explained::read()?;
    let mut lines: BTreeMap<String, BTreeMap<u32, u64>> = BTreeMap::new();
    let mut file = None;
    let here = top();
    for line in lcov.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let path = Path::new(path).strip_prefix(&here).unwrap_or(Path::new(path));
            let path = path.to_string_lossy().into_owned();
            let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
            let is_meant = !is_test
                && SOURCES.iter().any(|source| path.starts_with(source))
                && !LEFT_OUT.iter().any(|left_out| path.starts_with(left_out));
            file = is_meant.then_some(path);
        } else if let (Some(file), Some(data)) = (&file, line.strip_prefix("DA:"))
            && let Some((number, count)) = data.split_once(',')
            && let (Ok(number), Ok(count)) = (number.parse(), count.parse::<u64>())
        {
            *lines.entry(file.clone()).or_default().entry(number).or_default() += count;
        }
    }
    let (mut all, mut missed) = (0, BTreeSet::new());
    let mut unexplained = 0;
    for (file, lines) in &lines {
        let text = fs::read_to_string(here.join(file)).unwrap_or_default();
        // What tests a file in the file itself is not looked at.
        let end = text.lines().position(|line| line == "#[cfg(test)]").unwrap_or(usize::MAX);
        for (number, count) in lines.iter().filter(|(number, _)| (**number as usize) <= end) {
            all += 1;
            if *count == 0 {
                let line = text.lines().nth(*number as usize - 1).unwrap_or_default().trim();
                let line = (file.clone(), line.to_owned());
                if !explained.contains(&line) {
                    unexplained += 1;
                    println!("{file}:{number}: {}", line.1);
                }
                missed.insert(line);
            }
        }
    }
    for (file, line) in explained.difference(&missed) {
        println!("{file}: `{line}` was run: it can go from {}", explained::LIST);
    }
    let missed = missed.len();
    println!("{missed} of {all} lines of the deciding crates were not run");
    match unexplained {
        0 => Ok(()),
        count => Err(format!("{count} of them are not in {}", explained::LIST)),
    }
}
