//! `$NAME=value` and its uses.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// More than this is a definition that contains itself.
pub(super) const LONGEST: usize = 1 << 12;

/// The definitions made so far. They are replaced where they are used, so the last one holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    /// The lines of each value; most have one.
    values: BTreeMap<String, Vec<String>>,
}

/// A use of a variable in a line.
pub(super) enum Use<'a> {
    /// These octets stand for one line of text.
    Text(Range<usize>, String),
    /// Everything from here to the end of the line stands for these lines.
    Lines(usize, &'a [String]),
    /// A value of several lines that is not the last thing on its line.
    NotLast(Range<usize>),
    /// The line grew too long.
    Endless,
}

/// What built-in variables need to know.
pub(super) struct Surroundings<'a> {
    pub(super) directory: &'a Path,
    pub(super) config_id: &'a str,
    pub(super) environment: &'a dyn Fn(&str) -> Option<String>,
    pub(super) random: &'a dyn Fn() -> u32,
}

impl Variables {
    pub(super) fn define(&mut self, name: &str, lines: Vec<String>) {
        self.values.insert(name.to_owned(), lines);
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.values.remove(name);
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The first use in `text` that stands for something. Undefined names are left as they are.
    pub(super) fn first_use(&self, text: &str, around: &Surroundings<'_>) -> Option<Use<'_>> {
        if text.len() > LONGEST {
            return Some(Use::Endless);
        }
        let mut from = 0;
        while let Some(found) = text[from..].find('$') {
            let start = from + found;
            from = start + 1;
            let Some((name, end)) = name_at(text, start) else { continue };
            if let Some(value) = self.values.get(name) {
                return Some(match value.as_slice() {
                    [] => Use::Text(start..end, String::new()),
                    [one] => Use::Text(start..end, one.clone()),
                    many if text[end..].trim_ascii().is_empty() => Use::Lines(start, many),
                    _ => Use::NotLast(start..end),
                });
            }
            if text[start..].starts_with("${_")
                && let Some(value) = around.built_in(name)
            {
                return Some(Use::Text(start..end, value));
            }
        }
        None
    }
}

/// `$NAME` before a blank, a comma, a closing parenthesis or the end; `${NAME}` anywhere.
fn name_at(text: &str, start: usize) -> Option<(&str, usize)> {
    let after = &text[start + 1..];
    if let Some(inner) = after.strip_prefix('{') {
        let end = inner.find('}')?;
        return Some((&inner[..end], start + 2 + end + 1));
    }
    let length = name_length(after);
    let is_ended = matches!(after.as_bytes().get(length), None | Some(b' ' | b'\t' | b',' | b')'));
    (length > 0 && is_ended).then(|| (&after[..length], start + 1 + length))
}

fn name_length(text: &str) -> usize {
    let is_part = |(at, octet): (usize, u8)| {
        octet == b'_' || octet.is_ascii_alphabetic() || (at > 0 && octet.is_ascii_digit())
    };
    text.bytes().enumerate().take_while(|(at, octet)| is_part((*at, *octet))).count()
}

/// The name and value of a definition: `$NAME=value`.
pub(super) fn definition(text: &str) -> Option<(&str, &str)> {
    let after = text.strip_prefix('$')?;
    let length = name_length(after);
    let value = after[length..].strip_prefix('=')?;
    (length > 0).then(|| (&after[..length], value.trim_ascii_start()))
}

impl Surroundings<'_> {
    fn built_in(&self, inner: &str) -> Option<String> {
        let mut words = inner.split_ascii_whitespace();
        let value = match words.next()? {
            "_PWD" => self.directory.display().to_string(),
            "_INSTANCE" => self.config_id.to_owned(),
            // Escaped, because comments are looked for again afterwards.
            "_HASH" => "\\#".to_owned(),
            "_BANG" => "\\!".to_owned(),
            "_ENV" => (self.environment)(words.next()?).unwrap_or_default(),
            "_RANDOM" => {
                let mut number = |default: u32| match words.next() {
                    Some(word) => word.parse().ok(),
                    None => Some(default),
                };
                let (first, second) = (number(0)?, number(32767)?);
                let (min, max) = (first.min(second), first.max(second));
                let span = u64::from(max - min) + 1;
                let drawn = u64::from((self.random)()) % span;
                (u64::from(min) + drawn).to_string()
            }
            _ => return None,
        };
        Some(value)
    }
}
