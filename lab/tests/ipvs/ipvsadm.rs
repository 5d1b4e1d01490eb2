//! `ipvsadm`, by its own lines.

use std::io::Write;
use std::process::{Command, Stdio};

const PROGRAM: &str = "/usr/sbin/ipvsadm";

/// What `ipvsadm -S -n` prints, line by line.
pub(crate) fn save() -> Vec<String> {
    let output = Command::new(PROGRAM).args(["-S", "-n"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Gives `ipvsadm -R` these lines.
pub(crate) fn restore(lines: &[&str]) {
    let mut child = Command::new(PROGRAM).arg("-R").stdin(Stdio::piped()).spawn().unwrap();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
}

/// Runs it with these words.
pub(crate) fn run(words: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
