//! The file as a tree: keywords with typed values, as the [schema](crate::schema) says.

mod parse;
mod scalar;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::diagnostic::Span;
use crate::schema::Keyword;

pub(crate) use parse::parse;
pub(crate) use scalar::{any_base, octets};

/// The keywords of a block, in their order.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Section {
    /// The keywords.
    pub entries: Vec<Entry>,
}

/// A keyword with what follows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Which one.
    pub keyword: &'static Keyword,
    /// The keyword and its values, in the file.
    pub span: Span,
    /// What follows it.
    pub data: Data,
}

/// What follows a keyword.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Data {
    /// Values and options; both may be empty.
    Line(Values),
    /// A command line; `None` where it was left out.
    Command(Option<CommandLine>),
    /// A block of lines.
    Lines(Vec<Values>),
    /// A block of words.
    Names(Vec<Name>),
    /// A block of keywords, and what stands before its brace.
    Block(Values, Section),
}

/// A word of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it is.
    pub span: Span,
}

/// The values of a line.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Values {
    /// Where they are.
    pub span: Span,
    /// By their place; `None` for what was left out or could not be read.
    pub places: Vec<Option<Value>>,
    /// The option words in the order in which they stand, with their values. A word that stood between
    /// an option and its value, as `lock` in `mtu lock 1400`, comes before that option.
    pub options: Vec<(&'static str, Vec<Value>)>,
    /// Whether all words were understood; those that were not are left out.
    pub is_understood: bool,
}

impl Values {
    /// The value at this place.
    pub fn at(&self, place: usize) -> Option<&Value> {
        self.places.get(place)?.as_ref()
    }

    /// Whether this option word is there.
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|(word, _)| *word == option)
    }

    /// The value after this option word; the last one counts.
    pub fn option(&self, option: &str) -> Option<&Value> {
        self.options.iter().rfind(|(word, _)| *word == option)?.1.first()
    }
}

/// A command line with the user that is to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandLine {
    /// As it is written.
    pub text: String,
    /// The program and its arguments.
    pub arguments: Vec<String>,
    /// Whose rights it has.
    pub user: Option<String>,
    /// Whose group's rights it has.
    pub group: Option<String>,
    /// Where it is.
    pub span: Span,
}

/// One value with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// On or off.
    Boolean(bool),
    /// A number.
    Integer(i64),
    /// A time.
    Duration(Duration),
    /// One of the words that are allowed there.
    Word(&'static str),
    /// A text.
    Text(String),
    /// A text that is not shown.
    Secret(SecretText),
    /// An address.
    Address(IpAddr),
    /// An address with the length of its prefix, if one was written.
    Prefix(IpAddr, Option<u8>),
    /// Every address: the destination of a default route.
    Default,
    /// Octets.
    Octets(Vec<u8>),
}

/// A text that neither `Debug` nor a message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl Value {
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            _ => None,
        }
    }

    pub(crate) fn duration(&self) -> Option<Duration> {
        match self {
            Self::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }
}

impl Section {
    /// The last keyword of this name, which is the one that counts.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().rfind(|entry| entry.keyword.name == name)
    }

    /// All keywords of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.keyword.name == name)
    }

    /// Whether there is a keyword of this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The first value of the last keyword of this name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.get(name)?.values()?.at(0)
    }

    /// A boolean: the keyword alone means true.
    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        let values = self.get(name)?.values()?;
        Some(values.at(0).is_none_or(|value| value.boolean().unwrap_or(true)))
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.value(name)?.integer()
    }

    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        self.value(name)?.duration()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.text()
    }

    pub(crate) fn address(&self, name: &str) -> Option<IpAddr> {
        self.value(name)?.address()
    }

    pub(crate) fn command(&self, name: &str) -> Option<&CommandLine> {
        match &self.get(name)?.data {
            Data::Command(command) => command.as_ref(),
            _ => None,
        }
    }

    /// The lines of every block of this name.
    pub(crate) fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Values> {
        self.all(name)
            .filter_map(|entry| match &entry.data {
                Data::Lines(lines) => Some(lines),
                _ => None,
            })
            .flatten()
    }

    /// The words of every block of this name.
    pub(crate) fn names<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Name> {
        self.all(name)
            .filter_map(|entry| match &entry.data {
                Data::Names(names) => Some(names),
                _ => None,
            })
            .flatten()
    }

    /// The blocks of this name: what stands before the brace, and what is inside.
    pub(crate) fn blocks<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a Entry, &'a Values, &'a Section)> {
        self.all(name).filter_map(|entry| match &entry.data {
            Data::Block(head, section) => Some((entry, head, section)),
            _ => None,
        })
    }
}

impl Entry {
    /// The values, unless a block or a command follows the keyword.
    pub fn values(&self) -> Option<&Values> {
        match &self.data {
            Data::Line(values) => Some(values),
            _ => None,
        }
    }
}
