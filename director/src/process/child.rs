//! Commands are run as processes of a group of their own, so that all of it can be ended.

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, geteuid};
use tokio::process::{Child, Command as Process};
use tokio::time::timeout;

use super::rights;
use crate::config::Command;

/// Between asking a group to end and ending it.
const GRACE: Duration = Duration::from_secs(2);

/// A running command.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Option<Pid>,
    /// What it gets when nobody waits for it any more.
    last: Signal,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled,
    /// It took too long, and was ended.
    TimedOut,
}

impl End {
    /// Whether it ended well.
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }
}

/// Starts a command, with more arguments at its end.
///
/// It reads nothing, writes to nobody, and runs with the rights of its user.
///
/// # Errors
/// When it cannot be started, which is no success whatever it is for.
pub fn start(command: &Command, more: &[String]) -> io::Result<Running> {
    match spawn(command, more, false) {
        // A script without a first line that names its interpreter is one of the shell, as `execvp`
        // has it.
        Err(error) if error.raw_os_error() == Some(nix::libc::ENOEXEC) => {
            spawn(command, more, true)
        }
        other => other,
    }
}

fn spawn(command: &Command, more: &[String], by_shell: bool) -> io::Result<Running> {
    let runner = &command.runner;
    // Only root is allowed to by the program that does it.
    let has_all_groups = runner.has_all_groups && geteuid().is_root();
    let mut words: Vec<&OsStr> = Vec::new();
    let (user, group) = (format!("--reuid={}", runner.user), format!("--regid={}", runner.group));
    if has_all_groups {
        // The standard library takes all groups away from who becomes another user.
        words.extend(["setpriv", &user, &group, "--init-groups", "--"].map(OsStr::new));
    }
    if by_shell {
        words.push(OsStr::new("/bin/sh"));
    }
    words.push(command.program.as_os_str());
    let mut process = Process::new(words[0]);
    process.args(&words[1..]);
    process
        .args(&command.arguments)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .env_remove("IFS")
        .env_remove("LD_PRELOAD")
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_USEC")
        .env_remove("WATCHDOG_PID");
    if has_all_groups {
        // It changes the user itself.
    } else if rights::can_change_user() {
        // Also takes the groups of root away.
        process.gid(command.runner.group).uid(command.runner.user);
    } else if geteuid().as_raw() != command.runner.user {
        let message = "running a script as another user needs CAP_SETUID and CAP_SETGID";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    // What only root can reach is reached before the script has its own rights.
    let child = match command.runner.user {
        0 => rights::with_file_access(|| process.spawn())?,
        _ => process.spawn()?,
    };
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    Ok(Running { child, group, last: Signal::SIGTERM })
}

impl Running {
    /// The process.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the end. After `limit` the whole group is ended.
    pub async fn wait(&mut self, limit: Duration) -> End {
        match timeout(limit, self.child.wait()).await {
            Ok(Ok(status)) => {
                self.group = None;
                status.code().map_or(End::Signalled, End::Exited)
            }
            Ok(Err(_)) => End::Signalled,
            Err(_) => {
                self.end().await;
                End::TimedOut
            }
        }
    }

    /// Waits for the end, but not for ever; `None` while it goes on.
    pub async fn wait_patiently(&mut self, patience: Duration) -> Option<End> {
        match timeout(patience, self.child.wait()).await.ok()? {
            Ok(status) => {
                self.group = None;
                Some(status.code().map_or(End::Signalled, End::Exited))
            }
            Err(_) => Some(End::Signalled),
        }
    }

    /// When nobody waits for it any more, it is not asked to end but made to: it is a check, and has nothing to undo.
    #[must_use]
    pub fn killed_at_last(mut self) -> Self {
        self.last = Signal::SIGKILL;
        self
    }

    /// Lets it go on, whatever becomes of this value.
    pub fn leave(&mut self) {
        self.group = None;
    }

    /// Asks the group to end, and ends it when it does not.
    pub async fn end(&mut self) {
        self.signal(Signal::SIGTERM);
        let ended = timeout(GRACE, self.child.wait()).await.is_ok();
        // Whatever the leader has left behind goes, too.
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
        self.signal(self.last);
    }
}
