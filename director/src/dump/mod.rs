//! Dumps on a signal, in the forms and under the names of keepalived.

mod json;
mod stats;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use keepalived_conf::model::Surroundings;
use std::sync::PoisonError;
use std::time::SystemTime;

use vrrp_io::Status;

use crate::director::{Director, Entry};
use crate::keywords;

/// What is dumped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dump {
    /// SIGUSR1: the configuration and the state, for a person.
    State,
    /// SIGUSR2: the counters.
    Stats,
    /// SIGRTMIN+2: both, in JSON.
    Json,
}

/// The routers with what they are at this moment.
type Routers = Vec<(Entry, Status)>;

/// Writes a dump and returns where it is.
///
/// # Errors
/// When the file cannot be written, or the VRRP thread is gone.
pub fn write(director: &Director, dump: Dump) -> io::Result<PathBuf> {
    let routers = routers(director)?;
    let global = &director.plan().global;
    let (named, name, text) = match dump {
        Dump::State => (&global.state_dump_file, "keepalived.data", state(&routers)),
        Dump::Stats => (&global.stats_dump_file, "keepalived.stats", stats::text(&routers)),
        Dump::Json => (
            &global.json_dump_file,
            "keepalived.json",
            json::text(&routers, &director.plan().scripts, global.json_version),
        ),
    };
    if routers.is_empty() {
        return Err(io::Error::other("there is no vrrp_instance"));
    }
    let folder = std::env::var_os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    let name = match global.data_use_instance {
        true => of_instance(name, &director.plan().surroundings),
        false => name.to_owned(),
    };
    let path = match named {
        None => folder.join(name),
        Some(named) if named.ends_with('/') => Path::new(named).join(name),
        Some(named) => folder.join(named),
    };
    replace(&path, &text)?;
    Ok(path)
}

/// `data_use_instance`: `keepalived_NAMESPACE_INSTANCE.data`.
fn of_instance(name: &str, around: &Surroundings) -> String {
    let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
    let names = around.net_namespace.iter().chain(&around.instance);
    let suffix: String = names.flat_map(|name| ["_", name]).collect();
    format!("{stem}{suffix}.{ending}")
}

fn routers(director: &Director) -> io::Result<Routers> {
    let statuses = director.vrrp().status().map_err(io::Error::other)?;
    let view = director.view();
    let view = view.lock().unwrap_or_else(PoisonError::into_inner);
    // In the order of the file.
    let mut routers: Routers = view
        .entries
        .iter()
        .filter_map(|entry| {
            let (_, status) = statuses.iter().find(|(id, _)| *id == entry.id)?;
            Some((entry.clone(), status.clone()))
        })
        .collect();
    let place = |entry: &Entry| {
        let name = &entry.planned.instance.name;
        director.plan().routers.iter().position(|planned| planned.instance.name == *name)
    };
    routers.sort_by_key(|(entry, _)| place(entry));
    Ok(routers)
}

/// Whoever reads the file sees the one before or this one, and never follows a link of somebody else.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}", std::process::id()));
    // Only what an earlier process with our number left behind.
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn state(routers: &Routers) -> String {
    let rows = keywords::rows();
    let [works, no_effect] = keywords::counts(&rows);
    let mut text = format!(
        "director {} ({works} keywords work, {no_effect} have no effect)\n",
        env!("CARGO_PKG_VERSION")
    );
    for (entry, status) in routers {
        let instance = &entry.planned.instance;
        text += &format!("\nVRRP instance {}\n", instance.name);
        text += &format!("  state: {}, cause: {:?}\n", status.state, entry.cause);
        text += &format!("  priority: {} of {}\n", status.priority, instance.priority);
        text += &format!("  misses: {:?}\n", status.faults);
        // Secrets do not print.
        text += &format!("  {:#?}\n", entry.planned.config.router()).replace('\n', "\n  ");
    }
    text
}

/// When a router last changed its state, in seconds since 1970.
fn last_transition(status: &Status) -> f64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let since = status.since_transition.unwrap_or_default();
    now.saturating_sub(since).as_secs_f64()
}
