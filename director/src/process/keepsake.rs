//! `config_save_dir`: copies of what was read.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Zoned;
use keepalived_conf::Diagnostics;

/// Writes all files that a configuration was read from into one, named after the time. It has the
/// secrets, so only its owner can read it.
///
/// # Errors
/// What the system says.
pub fn save(folder: &Path, read: &Diagnostics) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let now = Zoned::now().strftime("%Y-%m-%d_%H-%M-%S%.6f").to_string();
    let path = folder.join(format!("keepalived.conf.{now}"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    for (name, text) in read.sources() {
        writeln!(file, "# {name}")?;
        file.write_all(text.as_bytes())?;
        writeln!(file)?;
    }
    Ok(path)
}
