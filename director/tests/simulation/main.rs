//! What director makes of configurations is carried out in virtual time: of each machine of a simulated network one
//! keepalived.conf is written, read by director, and what it would run is run in the simulation, by the properties of
//! `proof`. Nothing is sent and nothing is changed on this machine.

mod pools;
mod routers;

use director::config::{Checked, Source, check_in};
use keepalived_conf::{Memory, Severity};

/// What director makes of a text, in which nothing may be wrong when it is whole.
fn read(text: &str, is_whole: bool) -> Checked {
    const PATH: &str = "/keepalived.conf";
    let files = Memory::new().with(PATH, text);
    let checked = check_in(&files, &Source::new(PATH)).unwrap();
    let wrong = checked.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    let wrong: Vec<_> = wrong.map(|one| &one.message).collect();
    assert!(checked.can_run() && (wrong.is_empty() || !is_whole), "{wrong:?} in\n{text}");
    checked
}

/// A text without the lines that begin with this word.
fn without(text: &str, left_out: Option<&str>) -> String {
    let is_kept = |line: &&str| line.split_whitespace().next() != left_out;
    text.lines()
        .filter(|line| left_out.is_none() || is_kept(line))
        .flat_map(|line| [line, "\n"])
        .collect()
}
