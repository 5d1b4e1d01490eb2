//! Files that tell which process runs.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::kill;
use nix::unistd::{Pid, getpid};

/// A pid file. It goes with this value.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
}

/// A pid file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PidFileError {
    /// The process that it names lives.
    #[error("{} names process {process}, which is running", path.display())]
    Running {
        /// The file.
        path: PathBuf,
        /// The process.
        process: i32,
    },
    /// It cannot be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The process that a file names, if that lives and is not this one.
pub fn running(path: &Path) -> Option<i32> {
    let process: i32 = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    let pid = Pid::from_raw(process);
    let is_other = process > 0 && pid != getpid();
    let is_alive = || matches!(kill(pid, None), Ok(()) | Err(Errno::EPERM));
    (is_other && is_alive()).then_some(process)
}

impl PidFile {
    /// Writes the number of this process.
    ///
    /// # Errors
    /// [`PidFileError`].
    pub fn write(path: &Path) -> Result<Self, PidFileError> {
        if let Some(process) = running(path) {
            return Err(PidFileError::Running { path: path.to_owned(), process });
        }
        let failed = |source| PidFileError::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            // `/run` is empty after every boot.
            DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(failed)?;
        }
        // A link that somebody else put there would make us write elsewhere.
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(path)
            .map_err(failed)?;
        writeln!(file, "{}", getpid()).map_err(failed)?;
        Ok(Self { path: path.to_owned() })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Somebody may have taken it away.
        let _ = fs::remove_file(&self.path);
    }
}
