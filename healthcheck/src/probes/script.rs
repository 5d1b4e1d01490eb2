//! Commands.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::error::{ProbeError, is_ours};
use super::probe::{Found, Probe};
use crate::Weight;

/// Between asking a command to end and ending it.
const GRACE: Duration = Duration::from_secs(2);

/// A server is fit when a command says so by its exit status: 0 is good, everything else is not, and one that cannot be
/// run is not either.
///
/// It runs as a group of processes of its own, reads nothing and writes to nobody. When it takes too long the whole
/// group is ended: asked to (SIGTERM), and made to 2 s later.
#[derive(Clone, Debug)]
pub struct Script {
    program: PathBuf,
    arguments: Vec<OsString>,
    user: Option<(u32, u32)>,
    limit: Duration,
    says_weight: bool,
}

impl Script {
    /// This program, without a shell, for at most so long.
    pub fn new(program: impl Into<PathBuf>, limit: Duration) -> Self {
        let (arguments, user, says_weight) = (Vec::new(), None, false);
        Self { program: program.into(), arguments, user, limit, says_weight }
    }

    /// With these arguments.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// As another user and group.
    #[must_use]
    pub fn user(mut self, user: u32, group: u32) -> Self {
        self.user = Some((user, group));
        self
    }

    /// An exit status from 2 to 255 is good too, and says a weight: less 2 (keepalived's `misc_dynamic`).
    #[must_use]
    pub fn says_weight(mut self) -> Self {
        self.says_weight = true;
        self
    }

    async fn run(&self) -> Result<Weight, ProbeError> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        if let Some((user, group)) = self.user {
            command.gid(group).uid(user);
        }
        let child = command.spawn();
        let child = child.map_err(|source| match is_ours(&source) {
            true => ProbeError::Ours { action: "running the command", source },
            false => ProbeError::Command(format!("cannot be run: {source}")),
        })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let mut running = Running { child, group };
        let Ok(ended) = timeout(self.limit, running.child.wait()).await else {
            running.end().await;
            return Err(ProbeError::Timeout { action: "the command", limit: self.limit });
        };
        running.group = None;
        let status = ended.ok().and_then(|status| status.code());
        match status {
            Some(0) => Ok(Weight::Configured),
            Some(weight @ 2..=255) if self.says_weight => {
                Ok(Weight::Is(u32::try_from(weight - 2).unwrap_or(0)))
            }
            Some(status) => Err(ProbeError::Command(format!("exits with {status}"))),
            None => Err(ProbeError::Command("was ended by a signal".to_string())),
        }
    }
}

struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Running {
    async fn end(&mut self) {
        self.signal(Signal::SIGTERM);
        let ended = timeout(GRACE, self.child.wait()).await.is_ok();
        // What the leader has left behind goes as well.
        self.signal(Signal::SIGKILL);
        if !ended {
            // It has been killed; only the kernel can make this take longer.
            let _ = timeout(GRACE, self.child.wait()).await;
        }
        self.group = None;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It may be gone already.
            let _ = killpg(group, signal);
        }
    }
}

impl Drop for Running {
    /// Nobody waits for it any more: it is not left to run.
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

impl Probe for Script {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(self.run())
    }
}
