//! Regular expressions over bodies.

use alloc::string::{String, ToString};

use regex::bytes::{Regex, RegexBuilder};

/// A regular expression that a body is to match, or not to match.
///
/// Its language is that of the crate `regex`, which takes time in proportion to the body whatever the expression:
/// look-around and references back are not in it.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    is_no_match: bool,
    min: usize,
    max: usize,
}

/// An option of an expression, after those of PCRE2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternOption {
    /// Letters in any case.
    Caseless,
    /// A dot is any octet, the end of a line too.
    DotAll,
    /// Spaces and comments in the expression mean nothing.
    Extended,
    /// `^` and `$` are begin and end of each line.
    Multiline,
    /// Repetitions are short, and long with `?`.
    Ungreedy,
    /// The expression and the body are Unicode.
    Utf,
}

/// Not an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("regular expression {pattern:?}: {problem}")]
#[non_exhaustive]
pub struct PatternError {
    /// What is there.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Pattern {
    /// A body is to match this.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn new(
        pattern: &str,
        options: impl IntoIterator<Item = PatternOption>,
    ) -> Result<Self, PatternError> {
        let mut builder = RegexBuilder::new(pattern);
        // As in PCRE2, unless it is asked for.
        builder.unicode(false);
        for option in options {
            match option {
                PatternOption::Caseless => builder.case_insensitive(true),
                PatternOption::DotAll => builder.dot_matches_new_line(true),
                PatternOption::Extended => builder.ignore_whitespace(true),
                PatternOption::Multiline => builder.multi_line(true),
                PatternOption::Ungreedy => builder.swap_greed(true),
                PatternOption::Utf => builder.unicode(true),
            };
        }
        let regex = builder.build().map_err(|error| PatternError {
            pattern: pattern.to_string(),
            problem: error.to_string(),
        })?;
        Ok(Self { regex, is_no_match: false, min: 0, max: usize::MAX })
    }

    /// A body is not to match it.
    #[must_use]
    pub fn no_match(mut self) -> Self {
        self.is_no_match = true;
        self
    }

    /// A match begins at one of these octets, from 0.
    #[must_use]
    pub fn begins(mut self, range: core::ops::RangeInclusive<usize>) -> Self {
        (self.min, self.max) = (*range.start(), *range.end());
        self
    }

    /// Whether the body is good, and if not, whether it matches.
    pub(super) fn verdict(&self, body: &[u8]) -> Result<(), bool> {
        let found = if self.min <= body.len() { self.regex.find_at(body, self.min) } else { None };
        let matches = found.is_some_and(|found| found.start() <= self.max);
        if matches == self.is_no_match { Err(matches) } else { Ok(()) }
    }
}
