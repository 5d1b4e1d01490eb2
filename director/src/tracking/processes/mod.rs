//! Processes are counted: as the kernel tells of them, or where it does not, by reading `/proc` every
//! second.

mod batch;
mod connector;
mod matching;
mod scan;
mod source;
mod table;
mod watcher;

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vrrp_io::Vrrp;
use vrrp_io::fsm::Standing;

use super::{FIRST_RESULT, Listener, lock};
use watcher::{Command, Watcher};

/// A process that routers track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackProcess {
    /// Its name in the configuration.
    pub name: String,
    /// The name of the process, or the program of its command line.
    pub process: String,
    /// The arguments; `None` when they are not compared.
    pub arguments: Option<Vec<String>>,
    /// How arguments are compared.
    pub matching: ParamMatch,
    /// Whether the command line is compared where the name would do.
    pub full_command: bool,
    /// The least processes.
    pub quorum: u32,
    /// The most processes; with 0 none may run, whatever the quorum is.
    pub quorum_max: Option<u32>,
    /// For so long a new process does not count.
    pub fork_delay: Duration,
    /// For so long a process that ended counts.
    pub terminate_delay: Duration,
}

/// How the arguments of a process are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParamMatch {
    /// They are the same.
    #[default]
    Exact,
    /// As [`Partial`](Self::Partial), and the last one begins as it is written.
    Initial,
    /// The first ones are the same, and more may follow.
    Partial,
}

/// How the kernel is listened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The size of the receive buffer in octets, and whether it may exceed the limit of the system.
    pub receive_buffer: Option<(usize, bool)>,
}

/// What is counted at one moment.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct View {
    /// Whether the kernel tells; if not, `/proc` is read every second.
    pub hears_events: bool,
    /// The checks, in the order of the configuration.
    pub counts: Vec<Count>,
}

/// What a check has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// Its name in the configuration.
    pub name: String,
    /// The processes that run, whether they count yet or not.
    pub running: u32,
    /// Whether as many count as should.
    pub has_quorum: bool,
    /// Whether a process does not count yet.
    pub is_fork_delay_running: bool,
    /// Whether a process that ended still counts.
    pub is_terminate_delay_running: bool,
}

/// The processes that are counted, by a thread of their own: reading of a process can take as long as
/// that process is stuck. It ends with this value.
#[derive(Debug, Default)]
pub struct Processes {
    thread: Option<Thread>,
    view: Arc<Mutex<View>>,
}

#[derive(Debug)]
struct Thread {
    commands: mpsc::Sender<Command>,
    /// Wakes the thread; it ends when this is closed.
    wake: UnixStream,
}

impl Processes {
    /// Counts these processes from now on; checks that are the same as before go on. Every result is
    /// reported as `track_process NAME` before this returns, unless reading `/proc` hangs.
    ///
    /// What runs already counts at once.
    pub fn set(&mut self, vrrp: &Vrrp, processes: &[TrackProcess], settings: Settings) {
        let listener: Arc<dyn Listener> = Arc::new(vrrp.clone());
        self.count(&listener, processes, settings);
    }

    /// What is counted now.
    pub fn view(&self) -> View {
        lock(&self.view).clone()
    }

    fn count(
        &mut self,
        listener: &Arc<dyn Listener>,
        processes: &[TrackProcess],
        settings: Settings,
    ) {
        if processes.is_empty() {
            self.thread = None;
            // The thread may have something to say yet.
            self.view = Arc::default();
            return;
        }
        let thread = match self.thread.take() {
            Some(thread) => thread,
            None => match Thread::start(Arc::clone(listener), Arc::clone(&self.view), settings) {
                Ok(thread) => thread,
                Err(error) => {
                    tracing::error!(%error, "processes cannot be counted, so none counts");
                    for check in processes {
                        // A thread that is gone is noticed elsewhere.
                        let _ = listener.tell(item(&check.name), Standing::Down);
                    }
                    return;
                }
            },
        };
        let (done, is_done) = mpsc::sync_channel(1);
        let command = Command { processes: processes.to_vec(), settings, done };
        self.thread.insert(thread).send(command);
        match is_done.recv_timeout(FIRST_RESULT) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!("reading /proc takes long; processes count when it is read");
            }
            // It ends when there is nobody to report to.
            Err(RecvTimeoutError::Disconnected) => self.thread = None,
        }
    }
}

impl Thread {
    fn start(
        listener: Arc<dyn Listener>,
        view: Arc<Mutex<View>>,
        settings: Settings,
    ) -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let (commands, receiver) = mpsc::channel();
        let watcher = Watcher::new(receiver, woken, listener, view);
        std::thread::Builder::new()
            .name("processes".into())
            .spawn(move || watcher.run(settings))?;
        Ok(Self { commands, wake })
    }

    fn send(&mut self, command: Command) {
        // When it has ended, the command is dropped, which its answer tells; when the pipe is full, it
        // is awake.
        let _ = self.commands.send(command);
        let _ = self.wake.write_all(&[1]);
    }
}

/// The name under which routers know a check.
fn item(name: &str) -> String {
    format!("track_process {name}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command as Program};
    use std::time::Instant;

    use super::*;
    use crate::tracking::tests::Notes;

    /// Runs until it is dropped.
    struct Sleeper(Child);

    impl Sleeper {
        fn start(name: &str) -> Self {
            Self(Program::new("sleep").arg0(name).arg("600").spawn().unwrap())
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    fn check(name: &str) -> TrackProcess {
        TrackProcess {
            name: name.into(),
            process: format!("director-{name}-{}", std::process::id()),
            arguments: Some(vec!["600".into()]),
            matching: ParamMatch::Exact,
            full_command: true,
            quorum: 1,
            quorum_max: None,
            fork_delay: Duration::ZERO,
            terminate_delay: Duration::ZERO,
        }
    }

    #[track_caller]
    fn eventually(what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !is_so() {
            assert!(Instant::now() < end, "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// However it hears of processes: the result is the same.
    #[test]
    fn processes_are_counted_from_the_start_on() {
        let notes = Arc::new(Notes::default());
        let listener = || -> Arc<dyn Listener> { Arc::<Notes>::clone(&notes) };
        let (one, two) = (check("one"), TrackProcess { quorum: 2, ..check("two") });
        let first = Sleeper::start(&one.process);
        let _second = Sleeper::start(&two.process);
        // Until it has become what it is named.
        std::thread::sleep(Duration::from_millis(200));
        let mut processes = Processes::default();
        processes.count(&listener(), &[one.clone(), two.clone()], Settings::default());
        let mut told = notes.all();
        told.sort_by(|one, other| one.0.cmp(&other.0));
        let is = |name: &str, standing| (item(name), standing);
        assert_eq!(told, [is("one", Standing::Up), is("two", Standing::Down)]);
        let counts = processes.view().counts;
        assert_eq!(counts.iter().map(|count| count.running).collect::<Vec<_>>(), [1, 1]);
        let last = |name: &str| notes.last(&item(name));
        let third = Sleeper::start(&two.process);
        eventually("two run", || last("two") == Some(Standing::Up));
        drop(first);
        eventually("none runs", || last("one") == Some(Standing::Down));
        // Another order and one more: the one that was there is told again, the other is new.
        let three = TrackProcess { quorum_max: Some(0), ..check("three") };
        processes.count(&listener(), &[two.clone(), three.clone()], Settings::default());
        assert_eq!(last("three"), Some(Standing::Up));
        drop(third);
        eventually("one is left", || last("two") == Some(Standing::Down));
        let _fourth = Sleeper::start(&three.process);
        eventually("it may not run", || last("three") == Some(Standing::Down));
        processes.count(&listener(), &[], Settings::default());
        assert!(processes.view().counts.is_empty());
    }
}
