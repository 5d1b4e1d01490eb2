//! FIFOs: one line for everything that happens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use keepalived_conf::model::Fifo as FifoLine;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Group, Uid, User, chown, mkfifo};

use crate::config::{Command, Plan};
use crate::process::child::{self, Running};
use crate::process::rights;

/// For a reader to read what was written last.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// Which events a FIFO gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hears {
    All,
    Vrrp,
    Servers,
}

/// The FIFOs that are open.
#[derive(Debug, Default)]
pub struct Fifos {
    open: Vec<Fifo>,
}

#[derive(Debug)]
struct Fifo {
    hears: Hears,
    line: FifoLine,
    command: Option<Command>,
    path: PathBuf,
    file: Option<File>,
    is_ours: bool,
    reader: Option<Running>,
    /// Lines that nobody took. It is said once, and when it is over.
    lost: u64,
}

impl Fifos {
    /// Opens, and where they are missing makes, the FIFOs of a configuration.
    pub fn open(plan: &Plan) -> Self {
        let mut fifos = Self::default();
        fifos.set(plan);
        fifos
    }

    /// Goes on by another configuration; what stays the same stays open.
    pub fn set(&mut self, plan: &Plan) {
        let wanted: Vec<(Hears, &FifoLine, &Option<Command>)> = [
            (Hears::All, &plan.global.notify_fifo, &plan.commands.fifo),
            (Hears::Vrrp, &plan.global.vrrp_notify_fifo, &plan.commands.vrrp_fifo),
            (Hears::Servers, &plan.global.lvs_notify_fifo, &plan.commands.lvs_fifo),
        ]
        .into_iter()
        .filter_map(|(hears, line, command)| Some((hears, line.as_ref()?, command)))
        .collect();
        self.open.retain(|fifo| {
            wanted.iter().any(|(hears, line, command)| {
                fifo.file.is_some()
                    && *hears == fifo.hears
                    && (&line.path, &line.user) == (&fifo.line.path, &fifo.line.user)
                    && **command == fifo.command
            })
        });
        for (hears, line, command) in wanted {
            if !self.open.iter().any(|fifo| fifo.line.path == line.path) {
                self.open.push(Fifo::open(hears, line.clone(), command.clone()));
            }
        }
    }

    /// Closes them and lets the readers that were started read to the end, but not for long.
    pub async fn finish(mut self) {
        for fifo in &mut self.open {
            fifo.file = None;
            if let Some(reader) = &mut fifo.reader
                && reader.wait_patiently(LAST_PATIENCE).await.is_none()
            {
                reader.end().await;
            }
        }
    }

    /// Writes a line about VRRP. Never waits: what a reader does not take in time is lost.
    pub fn write(&mut self, line: &str) {
        self.write_to(Hears::Vrrp, line);
    }

    /// Writes a line about servers, in the same way.
    pub fn write_of_servers(&mut self, line: &str) {
        self.write_to(Hears::Servers, line);
    }

    fn write_to(&mut self, kind: Hears, line: &str) {
        for fifo in self.open.iter_mut().filter(|fifo| [Hears::All, kind].contains(&fifo.hears)) {
            fifo.write(line);
        }
    }
}

impl Fifo {
    fn open(hears: Hears, line: FifoLine, command: Option<Command>) -> Self {
        let path = PathBuf::from(&line.path);
        let mut fifo =
            Self { hears, line, command, path, file: None, is_ours: false, reader: None, lost: 0 };
        match rights::with_file_access(|| fifo.open_file()) {
            Ok(file) => fifo.file = Some(file),
            Err(error) => {
                let path = fifo.path.display();
                tracing::error!(%path, %error, "the notify FIFO cannot be used");
                return fifo;
            }
        }
        if let Some(command) = &fifo.command {
            let path = fifo.path.display().to_string();
            match child::start(command, &[path]) {
                Ok(reader) => fifo.reader = Some(reader),
                Err(error) => {
                    let script = &command.text;
                    tracing::error!(script, %error, "the reader of a FIFO cannot be started");
                }
            }
        }
        fifo
    }

    fn open_file(&mut self) -> io::Result<File> {
        let owner = self.owner()?;
        match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                mkfifo(&self.path, Mode::from_bits_truncate(0o644))?;
                self.is_ours = true;
                if let Some((user, group)) = owner {
                    chown(&self.path, Some(user), group)?;
                }
            }
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        // Read and write, so that it opens without a reader; and no link, which could lead anywhere.
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW).bits())
            .open(&self.path)?;
        let metadata = file.metadata()?;
        if !metadata.file_type().is_fifo() {
            return Err(io::Error::other("it is not a FIFO"));
        }
        let uid = metadata.uid();
        let is_ours =
            uid == Uid::effective().as_raw() || owner.is_some_and(|(user, _)| user.as_raw() == uid);
        if !is_ours {
            return Err(io::Error::other("it belongs to somebody else"));
        }
        Ok(file)
    }

    fn owner(&self) -> io::Result<Option<(Uid, Option<Gid>)>> {
        let Some(line) = &self.line.user else { return Ok(None) };
        let unknown = |what: &str| io::Error::other(format!("there is no {what}"));
        let user = match line.user.parse::<u32>() {
            Ok(number) => User::from_uid(Uid::from_raw(number))?,
            Err(_) => User::from_name(&line.user)?,
        };
        let user = user.ok_or_else(|| unknown(&format!("user {}", line.user)))?;
        let group = match &line.group {
            None => user.gid,
            Some(name) => {
                let group = Group::from_name(name)?;
                group.ok_or_else(|| unknown(&format!("group {name}")))?.gid
            }
        };
        Ok(Some((user.uid, Some(group))))
    }

    fn write(&mut self, line: &str) {
        let Some(file) = &mut self.file else { return };
        // Up to PIPE_BUF a line is written whole or not at all.
        match file.write(line.as_bytes()) {
            Ok(_) if self.lost > 0 => {
                tracing::warn!(path = %self.path.display(), lost = self.lost, "the FIFO is read again");
                self.lost = 0;
            }
            Ok(_) => {}
            Err(error) => {
                if self.lost == 0 {
                    let path = self.path.display();
                    tracing::warn!(%path, %error, "nobody reads the FIFO; lines are lost");
                }
                self.lost += 1;
            }
        }
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        if self.is_ours {
            remove(&self.path);
        }
    }
}

fn remove(path: &Path) {
    // Somebody may have taken it away.
    let _ = fs::remove_file(path);
}
