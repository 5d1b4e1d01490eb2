//! What `--config-test` says of the files in `samples/`, beside what keepalived says of them.
//!
//! `verdicts.tsv` has for each file keepalived's exit status, director's, and where they differ why.
//! Needs root and keepalived, and fails without.

mod common;

use std::fs;
use std::path::Path;

use lab::Folder;
use lab::namespaces::Lan;
use lab::peers::find_program;

/// Runs a program with `-t` on a file in the folder of the samples and returns its exit status, or 128
/// and the signal that ended it, with what it said.
fn verdict(lan: &Lan, program: &str, file: &str, log: &str) -> (String, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let script =
        format!("cd '{}' && '{program}' -t -f '{file}' > '{log}' 2>&1; echo $?", folder.display());
    let printed = lan.host(0).command(&["sh", "-c", &script]).unwrap();
    (printed.trim().to_owned(), fs::read_to_string(log).unwrap_or_default())
}

#[test]
fn verdicts_are_keepalived_s_or_better() {
    let lan = Lan::new(1).unwrap();
    lan.add_second_network().unwrap();
    let folder = Folder::new().unwrap();
    let log = folder.file("log");
    let keepalived = find_program("keepalived").unwrap().display().to_string();
    let table = include_str!("samples/verdicts.tsv");
    let mut wrong = Vec::new();
    let mut files = 0;
    for line in table.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let (file, theirs, ours) = (columns[0], columns[1], columns[2]);
        assert!(theirs == ours || columns.len() == 4, "{file}: why do they differ?");
        files += 1;
        for (program, expected) in [(common::DIRECTOR, ours), (&keepalived, theirs)] {
            let (status, said) = verdict(&lan, program, file, &log);
            if status != expected {
                wrong.push(format!("{program} -t {file}: {status}, expected {expected}\n{said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let is_sample = |name: &str| name.ends_with(".conf");
    let present = fs::read_dir(samples)
        .unwrap()
        .filter(|entry| is_sample(&entry.as_ref().unwrap().file_name().to_string_lossy()));
    assert_eq!(present.count(), files, "a file without a verdict, or a verdict without a file");
}
