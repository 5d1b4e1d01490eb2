//! A daemon that takes keepalived's configuration and flags.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::process::{Process, find_program};
use crate::folder::Folder;
use crate::namespaces::Host;

/// A daemon with a configuration file of its own. Dropping it kills the process.
#[derive(Debug)]
pub struct Daemon {
    program: PathBuf,
    folder: Folder,
    more: Vec<String>,
    environment: Vec<(String, String)>,
    process: Option<Process>,
}

impl Daemon {
    /// Writes the configuration; [`start`](Self::start) starts the program.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(program: impl Into<PathBuf>, configuration: &str) -> io::Result<Self> {
        let (program, folder) = (program.into(), Folder::new()?);
        fs::write(folder.file("conf"), configuration)?;
        Ok(Self { program, folder, more: Vec::new(), environment: Vec::new(), process: None })
    }

    /// A real keepalived.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn keepalived(configuration: &str) -> io::Result<Self> {
        Self::new(find_program("keepalived")?, configuration)
    }

    /// More arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.more.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// An environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it on a host.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(&mut self, host: &Host) -> io::Result<()> {
        let mut words = Vec::new();
        if !self.environment.is_empty() {
            words.push("env".to_owned());
            words.extend(self.environment.iter().map(|(name, value)| format!("{name}={value}")));
        }
        words.push(self.program.to_string_lossy().into_owned());
        // Without a log daemon syslog would write to the console; -G logs nowhere.
        words.extend(["--dont-fork", "--log-console", "-G"].map(str::to_owned));
        let files = ["--use-file", "--pid", "--vrrp_pid", "--checkers_pid", "--bfd_pid"];
        for (flag, name) in files.into_iter().zip(["conf", "pid", "vrrp", "check", "bfd"]) {
            words.extend([flag.into(), self.folder.file(name)]);
        }
        words.extend(self.more.iter().cloned());
        self.process = Some(Process::start(host, words, &self.folder.file("log"))?);
        Ok(())
    }

    /// Writes another configuration, for the next start or reload.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn configure(&self, configuration: &str) -> io::Result<()> {
        fs::write(self.folder.file("conf"), configuration)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        self.process.as_ref().map_or(Ok(()), |process| process.signal(signal))
    }

    /// Sends a real-time signal, or any other, by its number.
    ///
    /// # Errors
    /// What `kill` says.
    pub fn signal_number(&self, number: i32) -> io::Result<()> {
        let process = self.process_id().unwrap_or(0).to_string();
        let status = std::process::Command::new("/bin/kill")
            .args([&format!("-{number}"), &process])
            .status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("kill failed")) }
    }

    /// Asks it to stop and waits until it has; returns how long that took and how it ended.
    ///
    /// # Errors
    /// When it does not stop in time.
    pub fn stop(&mut self, limit: Duration) -> io::Result<(Duration, Option<i32>)> {
        let begin = Instant::now();
        self.signal(Signal::SIGTERM)?;
        let status = self.wait(limit)?;
        Ok((begin.elapsed(), status))
    }

    /// Waits until it ends by itself, and says with which status.
    ///
    /// # Errors
    /// When it does not in time.
    pub fn wait(&mut self, limit: Duration) -> io::Result<Option<i32>> {
        let end = Instant::now() + limit;
        let Some(process) = &mut self.process else { return Ok(None) };
        loop {
            if let Some(status) = process.try_wait()? {
                self.process = None;
                return Ok(status.code());
            }
            if Instant::now() > end {
                return Err(io::Error::other("the daemon does not end"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends it at once, as a crash does.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(&mut self) -> io::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
        }
        for name in ["pid", "vrrp", "check", "bfd"] {
            // Not all are written.
            let _ = fs::remove_file(self.folder.file(name));
        }
        Ok(())
    }

    /// Its main process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// What it printed until now.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.file("log")).unwrap_or_default()
    }

    /// The folder for whatever belongs to it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in its folder.
    pub fn file(&self, name: &str) -> String {
        self.folder.file(name)
    }
}
