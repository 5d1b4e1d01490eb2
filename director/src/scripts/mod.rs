//! Track scripts: each is run at its interval, and what it says is reported to the routers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use vrrp_io::Vrrp;
use vrrp_io::fsm::{RiseFall, Standing};

use crate::config::{Check, TrackScript};
use crate::process::child::{self, End};

/// The running checks by name.
#[derive(Debug, Default)]
pub struct Scripts {
    running: BTreeMap<String, (TrackScript, JoinHandle<()>)>,
}

impl Scripts {
    /// Runs these scripts from now on. One that was running and is the same keeps what it found;
    /// of one that is new nothing is known, or it has failed if it is to begin so.
    pub fn set(&mut self, vrrp: &Vrrp, scripts: &[TrackScript]) {
        self.running.retain(|_, (running, task)| {
            let is_kept = scripts.contains(running);
            if !is_kept {
                task.abort();
            }
            is_kept
        });
        for script in scripts {
            if self.running.contains_key(script.name()) {
                continue;
            }
            let task = tokio::spawn(run(vrrp.clone(), script.clone()));
            self.running.insert(script.name().to_owned(), (script.clone(), task));
        }
    }

    /// Says before the routers start what is known without running anything: what begins as failed,
    /// and what cannot be run. What stays and is the same check keeps what it found.
    pub fn announce(&self, vrrp: &Vrrp, scripts: &[TrackScript]) {
        for script in scripts {
            let is_known = self
                .running
                .get(script.name())
                .is_some_and(|(running, _)| running.is_same_check(script));
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
        for (_, task) in self.running.values() {
            task.abort();
        }
    }
}

/// Runs one script for ever. The time from start to start is the interval; a run that takes longer
/// leaves out what it missed.
async fn run(vrrp: Vrrp, script: TrackScript) {
    let Some(check) = &script.check else { return };
    let counter = RiseFall::new(script.rise, script.fall);
    let mut counter = if script.begins_failed { counter.failed() } else { counter };
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
    match check {
        Check::File(path) => match std::fs::File::open(path) {
            Ok(_) => (true, "the file can be opened".into()),
            Err(error) => (false, format!("the file cannot be opened: {error}")),
        },
        Check::Command(command) => {
            let begin = Instant::now();
            match child::start(command, &[]) {
                Err(error) => (false, format!("the script cannot be started: {error}")),
                Ok(mut running) => match running.wait(limit).await {
                    End::Exited(status) => (status == 0, format!("the script exits with {status}")),
                    End::Signalled => (false, "the script was ended by a signal".into()),
                    End::TimedOut => {
                        tracing::debug!(elapsed = ?begin.elapsed(), "a script took too long");
                        (false, "the script took too long and was ended".into())
                    }
                },
            }
        }
    }
}
