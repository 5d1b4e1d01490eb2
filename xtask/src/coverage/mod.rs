//! Which lines of the deciding crates no test of theirs runs.

mod explained;

use std::collections::BTreeMap;
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
    let lines = run_counts(lcov);
    let mut all = 0;
    let mut missed: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    for (file, lines) in lines {
        let text = fs::read_to_string(top().join(&file)).unwrap_or_default();
        let text: Vec<&str> = text.lines().map(str::trim).collect();
        // What tests a file in the file itself is not looked at.
        let end = text.iter().position(|line| *line == "#[cfg(test)]").unwrap_or(text.len());
        for (number, count) in lines.into_iter().filter(|(number, _)| (*number as usize) <= end) {
            all += 1;
            if count == 0 {
                let line = text.get(number as usize - 1).copied().unwrap_or_default();
                missed.entry((file.clone(), line.to_owned())).or_default().push(number);
            }
        }
    }
    let count: usize = missed.values().map(Vec::len).sum();
    println!("{count} of {all} lines of the deciding crates were not run");
    let problems = compare(&missed, &explained::read()?);
    problems.iter().for_each(|problem| println!("{problem}"));
    match problems.len() {
        0 => Ok(()),
        count => Err(format!("{} is not right in {count} places", explained::LIST)),
    }
}

/// How often each line of the files that are meant was run.
fn run_counts(lcov: &str) -> BTreeMap<String, BTreeMap<u32, u64>> {
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
    lines
}

/// What was not run and is not explained, or is explained and was run.
fn compare(
    missed: &BTreeMap<(String, String), Vec<u32>>,
    explained: &explained::Lines,
) -> Vec<String> {
    let mut problems = Vec::new();
    for ((file, line), numbers) in missed {
        let known = explained.get(&(file.clone(), line.clone())).copied().unwrap_or(0);
        if known < numbers.len() {
            problems.push(format!("{file}:{numbers:?}: {line}"));
        }
    }
    for ((file, line), known) in explained {
        let count = missed.get(&(file.clone(), line.clone())).map_or(0, Vec::len);
        if count < *known {
            problems
                .push(format!("{file}: `{line}` is there {known} times, and was not run {count}"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn lists_are_compared_both_ways() {
        let key = |line: &str| ("a.rs".to_owned(), line.to_owned());
        let missed = [(key("}"), vec![3, 9]), (key("x"), vec![4])].into();
        let explained = |braces, x| [(key("}"), braces), (key("x"), x)].into();
        assert!(compare(&missed, &explained(2, 1)).is_empty());
        assert_eq!(compare(&missed, &explained(1, 1)), ["a.rs:[3, 9]: }"]);
        assert_eq!(compare(&missed, &explained(2, 2)).len(), 1);
        assert_eq!(compare(&missed, &[].into()).len(), 2);
    }
}
