//! Track scripts: each is run at its interval, and what it says is reported to the routers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use vrrp_io::Vrrp;
use vrrp_io::fsm::{RiseFall, Standing};

use crate::config::{Check, TrackScript};
use crate::process::child::{self, End};

/// The running checks by name.
#[derive(Debug, Default)]
pub struct Scripts {
    running: BTreeMap<String, Running>,
}

#[derive(Debug)]
struct Running {
    script: TrackScript,
    task: JoinHandle<()>,
    /// What it found, for the one that takes its place.
    found: Arc<Mutex<Standing>>,
}

impl Scripts {
    /// Runs these scripts from now on. One that was running and is the same keeps what it found;
    /// of one that is new nothing is known, or it has failed if it is to begin so.
    pub fn set(&mut self, vrrp: &Vrrp, scripts: &[TrackScript]) {
        let mut found = BTreeMap::new();
        self.running.retain(|name, running| {
            let is_kept = scripts.contains(&running.script);
            if !is_kept {
                running.task.abort();
                let standing = *running.found.lock().unwrap_or_else(PoisonError::into_inner);
                found.insert(name.clone(), (running.script.clone(), standing));
            }
            is_kept
        });
        for script in scripts {
            if self.running.contains_key(script.name()) {
                continue;
            }
            // Another interval or count is no other check: what was found holds.
            let before = found.get(script.name());
            let before = before.filter(|(before, _)| before.is_same_check(script));
            let standing = before.map(|(_, standing)| *standing);
            let found = Arc::new(Mutex::new(standing.unwrap_or_default()));
            let task = run(vrrp.clone(), script.clone(), standing, Arc::clone(&found));
            let running = Running { script: script.clone(), task: tokio::spawn(task), found };
            self.running.insert(script.name().to_owned(), running);
        }
    }

    /// Says before the routers start what is known without running anything: what begins as failed,
    /// and what cannot be run. What stays and is the same check keeps what it found.
    pub fn announce(&self, vrrp: &Vrrp, scripts: &[TrackScript]) {
        for script in scripts {
            let is_known = self
                .running
                .get(script.name())
                .is_some_and(|running| running.script.is_same_check(script));
            if is_known {
                continue;
            }
            let standing = match script.check {
                None => Standing::Down,
                Some(_) if script.begins_failed => Standing::Down,
                Some(_) => Standing::Unknown,
            };
            // A thread that is gone is noticed elsewhere.
            let _ = vrrp.report(script.name(), standing);
        }
    }
}

impl Drop for Scripts {
    fn drop(&mut self) {
        for running in self.running.values() {
            running.task.abort();
        }
    }
}

/// Runs one script for ever. The time from start to start is the interval; a run that takes longer
/// leaves out what it missed.
async fn run(
    vrrp: Vrrp,
    script: TrackScript,
    before: Option<Standing>,
    found: Arc<Mutex<Standing>>,
) {
    let Some(check) = &script.check else { return };
    let counter = RiseFall::new(script.rise, script.fall);
    let mut counter = match before {
        Some(Standing::Up) => counter.risen(),
        Some(Standing::Down) => counter.failed(),
        Some(_) => counter,
        None if script.begins_failed => counter.failed(),
        None => counter,
    };
    let mut ticks = tokio::time::interval(script.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut said = None;
    loop {
        ticks.tick().await;
        let (is_success, how) = perform(check, script.timeout).await;
        if said.as_ref() != Some(&how) {
            let (name, was_success) = (script.name(), is_success);
            tracing::info!(script = name, success = was_success, "{how}");
            said = Some(how);
        }
        let before = counter.standing();
        let standing = counter.count(is_success);
        *found.lock().unwrap_or_else(PoisonError::into_inner) = standing;
        if standing != before {
            tracing::info!(script = script.name(), ?standing, "tracked script");
            if vrrp.report(script.name(), standing).is_err() {
                return;
            }
        }
    }
}

/// Whether the check succeeds, and how it ended.
async fn perform(check: &Check, limit: Duration) -> (bool, String) {
    let (what, command) = match check {
        Check::File(command) => ("opening the file", command),
        Check::Command(command) => ("the script", command),
    };
    match child::start(command, &[]) {
        Err(error) => (false, format!("{what} cannot be started: {error}")),
        Ok(mut running) => match running.wait(limit).await {
            End::Exited(status) => (status == 0, format!("{what} exits with {status}")),
            End::Signalled => (false, format!("{what} was ended by a signal")),
            End::TimedOut => (false, format!("{what} took too long and was ended")),
        },
    }
}
