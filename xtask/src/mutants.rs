//! Mutation testing with cargo-mutants.

use crate::run::{Outcome, cargo, command, top};

const VERSION: &str = "27.1.0";
/// What decides.
const PACKAGES: [&str; 3] = ["vrrp-proto", "vrrp-fsm", "bfd"];

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
    let program = program.to_string_lossy();
    let packages = PACKAGES.into_iter().filter(|name| package.is_none_or(|only| only == *name));
    let packages: Vec<&str> = packages.flat_map(|name| ["--package", name]).collect();
    let settings = ["--timeout", "60", "--output", "target"];
    command(&[], &[&[&*program, "mutants"][..], &packages, &settings].concat())
}
