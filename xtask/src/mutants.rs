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
        .args(["--timeout", "20", "--output", "target"])
        .current_dir(top())
        .status()
        .map_err(|error| format!("cargo-mutants: {error}"))?;
    // 3: some tests did not end, and so noticed; 2 would be for what none noticed.
    match status.code() {
        Some(0 | 3) => Ok(()),
        _ => Err(format!("cargo-mutants: {status}; what none noticed is in target/mutants.out")),
    }
}
