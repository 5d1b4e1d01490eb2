//! The thread that counts: it waits for events, deadlines and commands.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::mem;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use vrrp_io::fsm::Standing;

use super::batch::Batch;
use super::matching::{is_match, needs_command_line};
use super::scan;
use super::source::Source;
use super::table::{Rules, Table};
use super::{Count, Settings, TrackProcess, View, item};
use crate::tracking::{Listener, lock};

/// Before events are dealt with: what begins and ends within it is not looked at.
const PAUSE: Duration = Duration::from_millis(5);
/// After a failure.
const RETRY: Duration = Duration::from_secs(1);

/// Counts these processes from now on.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) processes: Vec<TrackProcess>,
    pub(super) settings: Settings,
    /// Told when the first results are reported.
    pub(super) done: SyncSender<()>,
}

#[derive(Debug)]
pub(super) struct Watcher {
    commands: Receiver<Command>,
    wake: UnixStream,
    listener: Arc<dyn Listener>,
    view: Arc<Mutex<View>>,
    epoch: Instant,
    settings: Settings,
    source: Source,
    checks: Vec<Check>,
    /// When `/proc` is read next.
    scan_at: Duration,
    /// It is said once that `/proc` cannot be read.
    has_failed: bool,
}

#[derive(Debug)]
struct Check {
    rules: TrackProcess,
    table: Table,
    told: Standing,
}

impl Watcher {
    pub(super) fn new(
        commands: Receiver<Command>,
        wake: UnixStream,
        listener: Arc<dyn Listener>,
        view: Arc<Mutex<View>>,
    ) -> Self {
        Self {
            commands,
            wake,
            listener,
            view,
            epoch: Instant::now(),
            settings: Settings::default(),
            source: Source::Polling,
            checks: Vec::new(),
            scan_at: Duration::ZERO,
            has_failed: false,
        }
    }

    /// Counts until nobody wants to know any more.
    pub(super) fn run(mut self, settings: Settings) {
        self.settings = settings;
        self.source = Source::ask(self.now(), settings);
        while self.turn().is_some() {}
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Waits for something and does it; `None` when it is over.
    fn turn(&mut self) -> Option<()> {
        let is_told = self.wait();
        self.obey()?;
        if is_told {
            thread::sleep(PAUSE);
            self.listen();
        }
        self.source.advance(self.epoch.elapsed());
        if !self.checks.is_empty() && self.now() >= self.scan_at {
            self.scan();
        }
        let now = self.now();
        for check in &mut self.checks {
            check.table.advance(now);
        }
        self.report()
    }

    /// Waits for an event, a deadline or a command; says whether it is an event.
    fn wait(&self) -> bool {
        let timeout = match self.deadline() {
            None => PollTimeout::NONE,
            Some(deadline) => {
                // Rounded up to milliseconds: woken up too early, there would be nothing to do.
                let left = deadline.saturating_sub(self.now()) + Duration::from_nanos(999_999);
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            }
        };
        let mut descriptors = vec![PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
        if let Some(descriptor) = self.source.descriptor() {
            descriptors.push(PollFd::new(descriptor, PollFlags::POLLIN));
        }
        match poll(&mut descriptors, timeout) {
            Ok(_) => descriptors.get(1).is_some_and(|source| source.any() == Some(true)),
            Err(errno) => {
                if errno != Errno::EINTR {
                    thread::sleep(RETRY);
                }
                false
            }
        }
    }

    fn deadline(&self) -> Option<Duration> {
        let scan = (!self.checks.is_empty()).then_some(self.scan_at);
        let tables = self.checks.iter().filter_map(|check| check.table.deadline());
        tables.chain(self.source.deadline()).chain(scan).min()
    }

    /// Does what was commanded; `None` when there is nobody any more who commands.
    fn obey(&mut self) -> Option<()> {
        // How often it was woken up does not matter.
        match self.wake.read(&mut [0; 64]) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.set(command)?,
                Err(TryRecvError::Empty) => return Some(()),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
    }

    fn set(&mut self, command: Command) -> Option<()> {
        if self.settings != command.settings {
            self.settings = command.settings;
            self.source.set_buffer(command.settings);
        }
        let mut before = mem::take(&mut self.checks);
        for rules in command.processes {
            let known = before.iter().position(|check| check.rules == rules);
            let table = match known {
                Some(place) => before.swap_remove(place).table,
                None => Table::new(Rules::of(&rules)),
            };
            // All are told again, also to routers that are new.
            self.checks.push(Check { rules, table, told: Standing::Unknown });
        }
        self.scan();
        self.report()?;
        // When it took long, nobody waits for it any more.
        let _ = command.done.send(());
        Some(())
    }

    /// Deals with what is told.
    fn listen(&mut self) {
        let checks = &self.checks;
        let is_counted = |pid| checks.iter().any(|check| check.table.has(pid));
        let heard = self.source.listen(is_counted);
        if let Some(delay) = heard.scan_in {
            self.scan_at = self.scan_at.min(self.now() + delay);
        }
        self.apply(&heard.batch);
    }

    fn apply(&mut self, batch: &Batch) {
        let now = self.now();
        for pid in &batch.ended {
            for check in &mut self.checks {
                check.table.ends(now, *pid);
            }
        }
        let with_command_line = self.needs_command_lines();
        for pid in &batch.changed {
            let Ok(found) = scan::one(*pid, with_command_line) else {
                // It is not known whether it runs.
                self.scan_at = self.scan_at.min(now + RETRY);
                continue;
            };
            for check in &mut self.checks {
                match found.as_ref().filter(|process| is_match(&check.rules, process)) {
                    Some(process) => check.table.runs(now, *pid, process.birth),
                    None => check.table.ends(now, *pid),
                }
            }
        }
    }

    /// Counts all that run.
    fn scan(&mut self) {
        let mut found: Vec<BTreeMap<u32, u64>> = vec![BTreeMap::new(); self.checks.len()];
        let checks = &self.checks;
        let outcome = scan::all(self.needs_command_lines(), |process| {
            for (check, found) in checks.iter().zip(&mut found) {
                if is_match(&check.rules, process) {
                    found.insert(process.pid, process.birth);
                }
            }
        });
        let now = self.now();
        match outcome {
            Ok(()) => {
                for (check, found) in self.checks.iter_mut().zip(&found) {
                    check.table.only(now, found);
                }
                self.has_failed = false;
                self.scan_at = now + self.source.interval();
            }
            Err(error) => {
                if !mem::replace(&mut self.has_failed, true) {
                    tracing::warn!(%error, "/proc cannot be read; the last counts hold");
                }
                self.scan_at = now + RETRY;
            }
        }
    }

    fn needs_command_lines(&self) -> bool {
        self.checks.iter().any(|check| needs_command_line(&check.rules))
    }

    /// Tells what is new; `None` when nobody listens any more.
    fn report(&mut self) -> Option<()> {
        for check in &mut self.checks {
            let standing = check.table.standing();
            if standing != check.told {
                let (name, running) = (&check.rules.name, check.table.running());
                tracing::info!(process = name, running, ?standing, "tracked process");
                self.listener.tell(item(name), standing).ok()?;
                check.told = standing;
            }
        }
        let mut view = lock(&self.view);
        view.hears_events = self.source.is_listening();
        view.counts = self.checks.iter().map(Check::count).collect();
        Some(())
    }
}

impl Check {
    fn count(&self) -> Count {
        Count {
            name: self.rules.name.clone(),
            running: self.table.running(),
            has_quorum: self.table.standing() == Standing::Up,
            is_fork_delay_running: self.table.is_fork_delay_running(),
            is_terminate_delay_running: self.table.is_terminate_delay_running(),
        }
    }
}
