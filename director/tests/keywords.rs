//! The table of keywords: it is the one in the documentation, and what it says to work is tested.

use std::fs;
use std::path::Path;
use std::process::Command;

use director::keywords::rows;
use keepalived_conf::schema::Support;

const DIRECTOR: &str = env!("CARGO_BIN_EXE_director");

#[test]
fn it_is_the_one_in_the_documentation() {
    let printed = Command::new(DIRECTOR).args(["keywords", "--markdown"]).output().unwrap().stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("KEYWORDS.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &printed).unwrap();
    }
    assert_eq!(fs::read(&path).unwrap(), printed, "run with BLESS=1");
    let table = Command::new(DIRECTOR).arg("keywords").output().unwrap().stdout;
    let table = String::from_utf8(table).unwrap();
    for line in ["virtual_router_id", "lvs_sched", "bfd_instance", "no effect"] {
        assert!(table.contains(line), "{line}");
    }
}

/// Beside a daemon that runs, not only where the file is read.
#[test]
fn every_keyword_that_works_is_in_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut tests = String::new();
    let all = [folder.clone(), folder.join("balancing")];
    for entry in all.iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        let is_other = path.extension().is_some_and(|ending| ending == "rs")
            && path.file_stem().is_some_and(|name| name != "keywords");
        if is_other {
            tests += &fs::read_to_string(path).unwrap();
        }
    }
    tests += &fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/mod.rs"))
        .unwrap();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words: std::collections::BTreeSet<&str> =
        tests.split(|letter: char| !is_part(letter)).collect();
    // "\n" before a keyword is written as two letters in a string.
    let has = |keyword: &str| {
        let is_part_of_one = keyword.contains('-') && tests.contains(keyword);
        is_part_of_one || words.contains(keyword) || words.contains(&*format!("n{keyword}"))
    };
    let untested: Vec<String> = rows()
        .iter()
        .filter(|row| row.support == Support::Works)
        .filter(|row| !has(row.keyword))
        .map(|row| format!("{} in {:?}", row.keyword, row.block))
        .collect();
    assert_eq!(untested, [] as [String; 0]);
}
