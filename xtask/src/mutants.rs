//! Mutation testing with cargo-mutants.

use std::process::Command;

use crate::run::{Outcome, cargo, top};

const VERSION: &str = "27.1.0";
/// What decides.
const PACKAGES: [&str; 4] = ["vrrp-proto", "vrrp-fsm", "bfd", "healthcheck"];

pub(crate) fn run(package: Option<&str>) -> Outcome {
    if let Some(unknown) = package.filter(|name| !PACKAGES.contains(name)) {
        return Err(format!("package is {unknown}, allowed are {}", PACKAGES.join(", ")));
    }
    let tools = top().join("target/tools");
    let program = tools.join("bin/cargo-mutants");
    if !program.exists() {
        let root = tools.to_string_lossy();
        let version = ["--version", VERSION, "--root", &root];
        cargo(&[&["install", "cargo-mutants", "--locked", "--quiet"][..], &version].concat())?;
    }
    let packages = PACKAGES.into_iter().filter(|name| package.is_none_or(|only| only == *name));
    let status = Command::new(program)
        .arg("mutants")
        .args(packages.flat_map(|name| ["--package", name]))
        .args(["--timeout", "30", "--output", "target"])
        .current_dir(top())
        .status()
        .map_err(|error| format!("cargo-mutants: {error}"))?;
    // Its status does not tell those apart that none noticed and those whose tests did not end, which is to notice.
    let missed = top().join("target/mutants.out/missed.txt");
    let missed = std::fs::read_to_string(&missed).map_err(|error| error.to_string())?;
    match (status.code(), missed.lines().count()) {
        (Some(0 | 3), 0) => Ok(()),
        (Some(0 | 2 | 3), count) if count > 0 => Err(format!("none noticed {count}:\n{missed}")),
        _ => Err(format!("cargo-mutants: {status}")),
    }
}
