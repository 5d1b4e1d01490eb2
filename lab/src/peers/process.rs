//! Processes with children of their own.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::namespaces::Host;

/// The full path of a program, also where only root looks.
///
/// # Errors
/// When it is not installed, with the name of it.
pub fn find_program(name: &str) -> io::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/lib/frr"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            let what = format!("{name} is not installed; `cargo xtask test` as root installs it");
            io::Error::new(io::ErrorKind::NotFound, what)
        })
}

/// A process and those that it starts.
#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    /// Starts it on a host, in a process group of its own; what it prints goes into `log`.
    pub(super) fn start(host: &Host, words: Vec<String>, log: &str) -> io::Result<Self> {
        // When the test is ended from outside, the kernel ends them.
        let setpriv = ["setpriv", "--pdeathsig", "KILL"].map(ToOwned::to_owned);
        let words: Vec<String> = setpriv.into_iter().chain(words).collect();
        let log = File::options().create(true).append(true).open(log)?;
        let child = host.namespace().run(move || {
            Command::new(&words[0])
                .args(&words[1..])
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .process_group(0)
                .spawn()
        })?;
        Ok(Self(child))
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(i32::MAX))
    }

    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill(self.pid(), signal)?)
    }

    pub(super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    /// Kills the whole group; nothing happens when it has ended.
    pub(super) fn kill(&mut self) -> io::Result<()> {
        if self.0.try_wait()?.is_none() {
            killpg(self.pid(), Signal::SIGKILL)?;
            self.0.wait()?;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.kill();
    }
}
