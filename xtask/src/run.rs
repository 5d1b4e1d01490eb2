//! Running commands at the top of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub(crate) type Outcome = Result<(), String>;

/// The top of the workspace.
pub(crate) fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

pub(crate) fn cargo(words: &[&str]) -> Outcome {
    with_environment(&[], words)
}

pub(crate) fn with_environment(environment: &[(&str, &str)], words: &[&str]) -> Outcome {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let words: Vec<&str> = [cargo.as_str()].into_iter().chain(words.iter().copied()).collect();
    command(environment, &words)
}

pub(crate) fn command(environment: &[(&str, &str)], words: &[&str]) -> Outcome {
    println!("$ {}", words.join(" "));
    let status = Command::new(words[0])
        .args(&words[1..])
        .envs(environment.iter().copied())
        .current_dir(top())
        .status()
        .map_err(|error| format!("{}: {error}", words[0]))?;
    if status.success() { Ok(()) } else { Err(format!("`{}`: {status}", words.join(" "))) }
}

/// What cargo knows about the workspace and its dependencies.
pub(crate) fn metadata() -> Result<Value, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(top())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// The names of a package's features.
pub(crate) fn features_of(package: &str) -> Result<Vec<String>, String> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().ok_or("metadata without packages")?;
    let found = packages.iter().find(|candidate| candidate["name"] == package);
    let features = found.and_then(|found| found["features"].as_object());
    Ok(features.map(|map| map.keys().cloned().collect()).unwrap_or_default())
}
