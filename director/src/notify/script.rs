//! Notify scripts, one after the other for every instance and group.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::{Sender, channel, error::TrySendError};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Subject;
use crate::config::Command;
use crate::process::child;

/// The next script of the same instance waits so long for the one before. One that goes on, because it
/// is a service rather than a script, does not keep others from being told.
const PATIENCE: Duration = Duration::from_secs(10);
/// At the end of the daemon, as keepalived.
const LAST_PATIENCE: Duration = Duration::from_secs(1);
/// More than an instance can do in hours.
const MOST: usize = 256;

#[derive(Debug)]
struct Job {
    command: Command,
    arguments: Vec<String>,
}

/// What is to be run, by whom it is about.
#[derive(Debug, Default)]
pub struct ScriptQueues {
    queues: BTreeMap<Subject, (Sender<Job>, JoinHandle<()>)>,
}

impl ScriptQueues {
    /// Runs a command after those that were asked for before for the same subject.
    pub fn run(&mut self, subject: &Subject, command: Command, arguments: Vec<String>) {
        let job = Job { command, arguments };
        let queue = self.queues.entry(subject.clone()).or_insert_with(|| {
            let (sender, mut receiver) = channel::<Job>(MOST);
            let worker = tokio::spawn(async move {
                while let Some(job) = receiver.recv().await {
                    perform(job).await;
                }
            });
            (sender, worker)
        });
        match queue.0.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job) | TrySendError::Closed(job)) => {
                let script = job.command.text;
                tracing::error!(
                    script,
                    ?subject,
                    "too many notify scripts wait; this one is not run"
                );
            }
        }
    }

    /// Waits until all have ended, but not for long.
    pub async fn finish(self) {
        let workers: Vec<_> = self.queues.into_values().map(|(_, worker)| worker).collect();
        let all = async {
            for worker in workers {
                // A panic was a bug; it has been printed.
                let _ = worker.await;
            }
        };
        if timeout(LAST_PATIENCE, all).await.is_err() {
            tracing::warn!("notify scripts still run; not waiting for them any longer");
        }
    }
}

async fn perform(job: Job) {
    let script = job.command.text.clone();
    let mut running = match child::start(&job.command, &job.arguments) {
        Ok(running) => running,
        Err(error) => {
            tracing::error!(script, %error, "a notify script cannot be started");
            return;
        }
    };
    match running.wait_patiently(PATIENCE).await {
        Some(end) if end.is_success() => tracing::debug!(script, "a notify script has ended"),
        Some(end) => tracing::warn!(script, ?end, "a notify script failed"),
        None => {
            tracing::warn!(script, "a notify script goes on; not waiting for it any longer");
            running.leave();
        }
    }
}
