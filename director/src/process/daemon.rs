//! The daemon and who manages it.

use std::time::Duration;

use sd_notify::NotifyState;

/// Leaves the terminal and whoever started this process. Before any thread is started.
///
/// # Errors
/// What the kernel says.
pub fn leave_terminal() -> std::io::Result<()> {
    Ok(nix::unistd::daemon(false, false)?)
}

/// What the service manager is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The configuration is read and the routers run.
    Ready,
    /// Another configuration is being read.
    Reloading,
    /// It is on its way out.
    Stopping,
    /// It is alive.
    Watchdog,
}

/// Tells the service manager, if there is one.
pub fn tell(stage: Stage) {
    let sent = match stage {
        Stage::Ready => {
            sd_notify::notify(&[NotifyState::Ready, NotifyState::MainPid(std::process::id())])
        }
        Stage::Reloading => match NotifyState::monotonic_usec_now() {
            Ok(now) => sd_notify::notify(&[NotifyState::Reloading, now]),
            Err(error) => Err(error),
        },
        Stage::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        Stage::Watchdog => sd_notify::notify(&[NotifyState::Watchdog]),
    };
    if let Err(error) = sent {
        tracing::debug!(%error, ?stage, "the service manager could not be told");
    }
}

/// How often the service manager wants to hear that we are alive: half of its patience.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / 2)
}
