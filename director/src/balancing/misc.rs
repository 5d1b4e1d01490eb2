//! `MISC_CHECK`: a command, with the rights of its user.

use std::sync::Arc;
use std::time::Duration;

use healthcheck::Weight;
use healthcheck::probes::{Found, Probe, ProbeError};

use crate::cause::chain;
use crate::config::Command;
use crate::process::child::{self, End};

/// A command whose exit status says whether a server is fit.
#[derive(Clone, Debug)]
pub(crate) struct Misc {
    pub(crate) command: Command,
    pub(crate) limit: Duration,
    /// `misc_dynamic`: 2 to 255 say a weight.
    pub(crate) says_weight: bool,
}

impl Misc {
    async fn run(&self) -> Result<Weight, ProbeError> {
        let failed = |problem: String| Err(ProbeError::Command(problem));
        // One that cannot be run is a failure, never a success.
        let mut running = match child::start(&self.command, &[]) {
            Ok(running) => running.killed_at_last(),
            Err(error) => return failed(format!("cannot be run: {error}")),
        };
        match running.wait(self.limit).await {
            End::Exited(0) => Ok(Weight::Configured),
            End::Exited(weight @ 2..=255) if self.says_weight => {
                Ok(Weight::Is(u32::try_from(weight - 2).unwrap_or(0)))
            }
            End::Exited(status) => failed(format!("exits with {status}")),
            End::Signalled => failed("was ended by a signal".to_owned()),
            End::TimedOut => Err(ProbeError::Timeout { action: "the command", limit: self.limit }),
        }
    }
}

impl Probe for Misc {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(self.run())
    }
}

/// A check that cannot be carried out, and that has failed.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

impl Probe for Broken {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(async { Err(ProbeError::Command(self.0.clone())) })
    }
}

/// A probe whose failures are all logged (`log_all_failures`).
pub(super) struct Logged {
    pub(super) probe: Arc<dyn Probe>,
    /// The check and its server.
    pub(super) what: String,
}

impl Probe for Logged {
    fn probe(&self, step: u16) -> Found<'_> {
        Box::pin(async move {
            let found = self.probe.probe(step).await;
            if let Err(problem) = &found {
                tracing::warn!(problem = chain(problem), "{} failed", self.what);
            }
            found
        })
    }
}
