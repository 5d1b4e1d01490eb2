//! `include` and its stricter forms.

use std::path::{Path, PathBuf};

use super::braces::alternatives;
use super::{DEPTH, Line, Reader};
use crate::diagnostic::Severity;

/// What is demanded of the files that an `include` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncludeCheck {
    /// `read`: every file that matches can be read.
    pub read: bool,
    /// `match`: at least one file matches.
    pub matches: bool,
    /// `wildcard_match`: every pattern with a wildcard matches.
    pub wildcard_match: bool,
    /// `brace_match`: every alternative in braces matches.
    pub brace_match: bool,
}

impl IncludeCheck {
    /// Everything is demanded.
    pub const ALL: Self =
        Self { read: true, matches: true, wildcard_match: true, brace_match: true };
}

/// Whether a word is one of the include keywords, and what that demands.
pub(super) fn keyword(word: &str) -> Option<Option<IncludeCheck>> {
    let none = IncludeCheck::default();
    Some(match word {
        "include" => None,
        "includer" => Some(IncludeCheck { read: true, ..none }),
        "includem" => Some(IncludeCheck { matches: true, ..none }),
        "includew" => Some(IncludeCheck { wildcard_match: true, ..none }),
        "includeb" => Some(IncludeCheck { brace_match: true, ..none }),
        "includea" => Some(IncludeCheck::ALL),
        _ => return None,
    })
}

/// What the words of `include_check` make of the demands.
pub(super) fn check(words: &str, before: IncludeCheck) -> IncludeCheck {
    let mut words = words.split_ascii_whitespace().peekable();
    if words.peek().is_none() {
        return IncludeCheck::ALL;
    }
    let is_relative = words.peek().is_some_and(|word| word.starts_with(['+', '-']));
    let mut check = if is_relative { before } else { IncludeCheck::default() };
    for word in words {
        let (demand, word) = match word.strip_prefix('-') {
            Some(word) => (false, word),
            None => (true, word.strip_prefix('+').unwrap_or(word)),
        };
        match word {
            "read" | "readable" => check.read = demand,
            "match" => check.matches = demand,
            "wildcard_match" => check.wildcard_match = demand,
            "brace_match" => check.brace_match = demand,
            _ => {}
        }
    }
    check
}

impl Reader<'_> {
    pub(super) fn include(&mut self, pattern: &Line, check: IncludeCheck) {
        let text = pattern.text.trim_matches('"').to_owned();
        if text.is_empty() {
            let help = "write the name of a file after include";
            return self.problem(Severity::Error, pattern, "no file is named".into(), help);
        }
        if self.depth >= DEPTH {
            let message = format!("includes stand in each other more than {DEPTH} deep");
            let help = "a file may include itself";
            return self.problem(Severity::Fatal, pattern, message, help);
        }
        let patterns = alternatives(&text);
        let mut found: Vec<PathBuf> = Vec::new();
        for one in &patterns {
            let full = self.directory.join(one);
            let is_wild = one.contains(['*', '?', '[']);
            let matches = match is_wild {
                true => self.files.matching(&full.display().to_string()),
                false => Some(full).filter(|path| self.files.exists(path)).into_iter().collect(),
            };
            let is_demanded = (check.wildcard_match && is_wild)
                || (check.brace_match && patterns.len() > 1)
                || (check.read && !is_wild);
            if matches.is_empty() && is_demanded {
                let message = format!("nothing matches {one:?}");
                self.problem(Severity::Fatal, pattern, message, "make such a file");
            }
            found.extend(matches);
        }
        if found.is_empty() {
            let message = format!("nothing matches {text:?}");
            let help = "make such a file, or remove the line";
            let is_literal = !text.contains(['*', '?', '[']);
            let severity = match (check.matches, is_literal) {
                (true, _) => Severity::Fatal,
                (false, true) => Severity::Warning,
                (false, false) => Severity::Note,
            };
            self.problem(severity, pattern, message, help);
        }
        for path in &found {
            self.include_file(pattern, path, check);
        }
    }

    fn include_file(&mut self, pattern: &Line, path: &Path, check: IncludeCheck) {
        if !self.spend(pattern) {
            return;
        }
        match self.files.read(path) {
            Ok(text) => {
                self.depth += 1;
                self.read_text(path, &text);
                self.depth -= 1;
            }
            Err(error) => {
                let severity = if check.read { Severity::Fatal } else { Severity::Warning };
                let message = format!("{} cannot be read: {error}", path.display());
                self.problem(severity, pattern, message, "make it a readable plain file");
            }
        }
    }
}
