//! FRR's bfdd, with the zebra that it needs.

use std::io;

use super::frr::{folder, start_daemon, start_zebra};
use super::process::{Process, find_program};
use crate::folder::Folder;
use crate::namespaces::Host;

/// A running bfdd. Dropping it kills it.
#[derive(Debug)]
pub struct Bfdd {
    bfdd: Process,
    _zebra: Process,
    folder: Folder,
}

impl Bfdd {
    /// Starts it with the lines of its block `bfd`.
    ///
    /// # Errors
    /// When the programs are not installed or do not start.
    pub fn start(host: &Host, lines: &str) -> io::Result<Self> {
        let (zebra, bfdd) = (find_program("zebra")?, find_program("bfdd")?);
        let folder = folder()?;
        let zebra = start_zebra(host, &zebra, &folder)?;
        let control = ["--bfdctl".to_owned(), folder.file("bfdd.sock")];
        let text = format!("bfd\n{lines}\nexit\n");
        let bfdd = start_daemon(host, &bfdd, &folder, &text, &control)?;
        Ok(Self { bfdd, _zebra: zebra, folder })
    }

    /// Ends it at once, as a crash does.
    ///
    /// # Errors
    /// When it is gone.
    pub fn kill(&mut self) -> io::Result<()> {
        self.bfdd.kill()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.file("bfdd.log")).unwrap_or_default()
    }
}
