//! What director makes of configurations is carried out in virtual time: of each machine of a simulated network one
//! keepalived.conf is written, read by director, and what it would run is run in the simulation, by the properties of
//! `proof`. Nothing is sent and nothing is changed on this machine.

mod pools;
mod routers;

use std::fs;

use director::config::{Checked, Source, check};
use keepalived_conf::Severity;
use lab::Folder;

/// What director makes of a text, in which nothing may be wrong when it is whole.
fn read(folder: &Folder, text: &str, is_whole: bool) -> Checked {
    let path = folder.path().join("keepalived.conf");
    fs::write(&path, text).unwrap();
    let checked = check(&Source::new(&path)).unwrap();
    let wrong = checked.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    let wrong: Vec<_> = wrong.map(|one| &one.message).collect();
    assert!(checked.can_run() && (wrong.is_empty() || !is_whole), "{wrong:?} in\n{text}");
    checked
}
