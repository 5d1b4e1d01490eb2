//! `cargo package` of each published crate.

use std::fs;
use std::time::SystemTime;

use crate::PUBLISHED;
use crate::run::{Outcome, cargo, top};

/// Packages in a folder of its own each time: cargo remembers the crates of its temporary registry by
/// the registry's path, and would verify against those of an earlier run.
pub(crate) fn run() -> Outcome {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_err(|error| error.to_string())?;
    let folder = format!("target/package-{}", now.as_nanos());
    let packages = PUBLISHED.iter().flat_map(|name| ["--package", name]);
    let words = ["package", "--locked", "--target-dir", &folder];
    let outcome = cargo(&words.into_iter().chain(packages).collect::<Vec<_>>());
    fs::remove_dir_all(top().join(folder)).map_err(|error| error.to_string())?;
    outcome
}
