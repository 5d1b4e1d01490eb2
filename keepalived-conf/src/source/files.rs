//! Where files come from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What the reader asks for: files by name and by pattern.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    /// Whatever keeps it from being read; [`io::ErrorKind::InvalidInput`] for what is no
    /// configuration at all: a folder, a device, a program; [`io::ErrorKind::FileTooLarge`] for one without end.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Whether there is something of this name.
    fn exists(&self, path: &Path) -> bool;

    /// The files that match a pattern with `*`, `?` and `[…]`, in order.
    fn matching(&self, pattern: &str) -> Vec<PathBuf>;
}

/// A file has so many octets at most: a hundred thousand servers have a quarter of it.
const LONGEST: u64 = 64 << 20;

/// A file has more than its most octets.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it has more than {LONGEST} octets")]
struct TooLong;

/// The files of this machine, of at most 64 MiB each.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct System;

impl Files for System {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let metadata = std::fs::metadata(path)?;
        let refuse = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        if !metadata.is_file() {
            return refuse("it is not a regular file");
        }
        if metadata.permissions().mode() & 0o111 != 0 {
            return refuse("it is an executable file");
        }
        let mut octets = Vec::new();
        File::open(path)?.take(LONGEST + 1).read_to_end(&mut octets)?;
        if octets.len() as u64 > LONGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, TooLong));
        }
        Ok(octets)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn matching(&self, pattern: &str) -> Vec<PathBuf> {
        // As glob(3): what begins with a dot is hidden.
        let options = glob::MatchOptions {
            require_literal_leading_dot: true,
            require_literal_separator: true,
            ..glob::MatchOptions::new()
        };
        let paths = glob::glob_with(&pattern.replace("**", "*"), options);
        paths.map(|paths| paths.flatten().collect()).unwrap_or_default()
    }
}

/// Files in memory, for tests and for configurations that are made by a program.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// No file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn matching(&self, pattern: &str) -> Vec<PathBuf> {
        let Ok(pattern) = glob::Pattern::new(pattern) else { return Vec::new() };
        self.files.keys().filter(|path| pattern.matches_path(path)).cloned().collect()
    }
}
