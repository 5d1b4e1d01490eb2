//! Who tells of processes: the kernel, if it agrees to; if not, nobody.

use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::Settings;
use super::batch::Batch;
use super::connector::{Connector, Event, Received};
use crate::cause::chain;

/// From scan to scan when nobody tells, and before one after events were lost.
const POLL: Duration = Duration::from_secs(1);
/// From scan to scan when all is told: a command line can change without an event.
const SAFETY: Duration = Duration::from_secs(60);
/// For the kernel to answer. Namespaces in which it tells nothing get no answer.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) enum Source {
    /// `/proc` is all there is.
    Polling,
    /// The kernel was asked, and has until then to agree.
    Asking(Connector, Duration),
    /// The kernel tells.
    Listening(Connector),
}

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) batch: Batch,
    /// Something was not heard: after this time `/proc` is to be read.
    pub(super) scan_in: Option<Duration>,
}

impl Source {
    pub(super) fn ask(now: Duration, settings: Settings) -> Self {
        match Connector::open(settings.receive_buffer) {
            Ok(connector) => Self::Asking(connector, now + PATIENCE),
            Err(error) => Self::none(&chain(&error)),
        }
    }

    fn none(why: &str) -> Self {
        tracing::warn!(why, "the kernel does not tell of processes; /proc is read every second");
        Self::Polling
    }

    pub(super) fn is_listening(&self) -> bool {
        matches!(self, Self::Listening(_))
    }

    /// From scan to scan.
    pub(super) fn interval(&self) -> Duration {
        if self.is_listening() { SAFETY } else { POLL }
    }

    pub(super) fn set_buffer(&self, settings: Settings) {
        if let Self::Asking(connector, _) | Self::Listening(connector) = self {
            connector.set_buffer(settings.receive_buffer);
        }
    }

    /// What becomes readable when there is something to listen to.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Polling => None,
            Self::Asking(connector, _) | Self::Listening(connector) => Some(connector.as_fd()),
        }
    }

    /// When [`advance`](Self::advance) is to be called.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Asking(_, until) => Some(*until),
            Self::Polling | Self::Listening(_) => None,
        }
    }

    /// Does not wait for an answer any longer.
    pub(super) fn advance(&mut self, now: Duration) {
        if self.deadline().is_some_and(|until| until <= now) {
            *self = Self::none("it does not answer");
        }
    }

    /// Listens to what has been told; `is_counted` says whether a process and its children matter.
    pub(super) fn listen(&mut self, is_counted: impl Fn(u32) -> bool) -> Heard {
        let (connector, was_listening) = match self {
            Self::Polling => return Heard::default(),
            Self::Asking(connector, _) => (connector, false),
            Self::Listening(connector) => (connector, true),
        };
        let (mut heard, mut has_agreed, mut refused) = (Heard::default(), was_listening, None);
        let received = connector.receive(|event| match event {
            Event::Agreed => has_agreed = true,
            Event::Refused(errno) => refused = Some(errno.to_string()),
            // Without an agreement the pids can be those of another namespace.
            event if has_agreed => heard.batch.add(&event, &is_counted),
            _ => {}
        });
        match received {
            Ok(Received::All) => {}
            Ok(Received::Overrun) => {
                tracing::info!("process events were lost; /proc is read");
                // Not before whoever makes so many has had time to stop.
                heard.scan_in = Some(POLL);
            }
            Err(error) => refused = Some(chain(&error)),
        }
        if let Some(why) = refused {
            *self = Self::none(&why);
            heard.scan_in = Some(POLL);
        } else if has_agreed && !was_listening {
            // What happened until now was not told.
            heard.scan_in = Some(Duration::ZERO);
            if let Self::Asking(connector, _) = mem::replace(self, Self::Polling) {
                *self = Self::Listening(connector);
            }
        }
        heard
    }
}
