//! What an application holds.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle, ThreadId};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::config::SessionConfig;
use crate::driver::{Command, Counters, Driver, Notice, SessionStatus};
use crate::error::{SetError, StartError, Stopped};

/// The thread that runs sessions. It ends when this is dropped, and tells the peers before.
pub struct Bfd {
    commands: mpsc::Sender<Command>,
    wake: Arc<EventFd>,
    join: Option<JoinHandle<()>>,
    id: ThreadId,
}

impl Bfd {
    /// Starts a thread in the network namespace of the calling one. It calls `tell` whenever a session changes
    /// its state, and for every session when sessions were [set](Self::set). That must not wait for anything:
    /// meanwhile no session sends or hears. Calls of this handle from there fail.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(tell: impl FnMut(&Notice) + Send + 'static) -> Result<Self, StartError> {
        Self::start_prepared(|| {}, tell)
    }

    /// As [`start`](Self::start); the thread runs `prepare` before anything else, as to give itself a priority.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start_prepared(
        prepare: impl FnOnce() + Send + 'static,
        tell: impl FnMut(&Notice) + Send + 'static,
    ) -> Result<Self, StartError> {
        let system = |action| move |source| StartError::System { action, source };
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let wake = EventFd::from_value_and_flags(0, flags)
            .map_err(|errno| system("make an eventfd")(io::Error::from(errno)))?;
        let wake = Arc::new(wake);
        let (commands, receiver) = mpsc::channel();
        let driver = Driver::new(receiver, Arc::clone(&wake), Box::new(tell));
        let run = move || {
            prepare();
            driver.run();
        };
        let join = thread::Builder::new()
            .name("bfd".into())
            .spawn(run)
            .map_err(system("start the thread"))?;
        let id = join.thread().id();
        Ok(Self { commands, wake, join: Some(join), id })
    }

    /// Runs these sessions from now on, all or none of them. One that runs already goes on, with other timers
    /// if it is told so; one that is missing says AdminDown to its peer.
    ///
    /// # Errors
    /// [`SetError`]; the sessions before go on then.
    pub fn set(&self, sessions: impl IntoIterator<Item = SessionConfig>) -> Result<(), SetError> {
        let sessions = sessions.into_iter().collect();
        self.ask(|reply| Command::Set(sessions, reply))?
    }

    /// How the sessions are.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn status(&self) -> Result<Vec<SessionStatus>, Stopped> {
        self.ask(Command::Status)
    }

    /// What arrived and belonged to no session.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn counters(&self) -> Result<Counters, Stopped> {
        self.ask(Command::Counters)
    }

    fn ask<T>(&self, command: impl FnOnce(SyncSender<T>) -> Command) -> Result<T, Stopped> {
        if thread::current().id() == self.id {
            // It would wait for itself.
            return Err(Stopped);
        }
        let (reply, answer) = mpsc::sync_channel(1);
        self.commands.send(command(reply)).map_err(|_| Stopped)?;
        // The counter is full only when the thread is to wake anyway.
        let _ = self.wake.write(1);
        answer.recv().map_err(|_| Stopped)
    }
}

impl Drop for Bfd {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Exit);
        let _ = self.wake.write(1);
        let is_other = thread::current().id() != self.id;
        if let Some(join) = self.join.take().filter(|_| is_other) {
            // Its panic was printed.
            let _ = join.join();
        }
    }
}

impl fmt::Debug for Bfd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bfd").finish_non_exhaustive()
    }
}
