//! The keywords of keepalived.conf, as data.
//!
//! Whatever the reader knows about a keyword stands in one of the tables below: where it may be, what
//! follows it, in which unit and range, and what becomes of it.

mod bfd;
mod checkers;
mod forms;
mod global;
mod misplaced;
mod root;
mod servers;
mod vrrp;

pub(crate) use misplaced::misplaced;
pub use root::ROOT;

/// A block and the keywords that may stand in it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Block {
    /// The keyword that opens it; empty for the file as a whole.
    pub name: &'static str,
    /// What stands between the keyword and the brace.
    pub head: &'static Form,
    /// What may stand inside.
    pub keywords: &'static [Keyword],
}

/// A keyword in its block.
#[derive(Debug)]
#[non_exhaustive]
pub struct Keyword {
    /// As it is written.
    pub name: &'static str,
    /// What follows it.
    pub value: Kind,
    /// What becomes of it.
    pub support: Support,
    /// What it is for, in one line.
    pub about: &'static str,
    /// Another name of the keyword that is named here; that is what to write.
    pub instead: Option<&'static str>,
}

impl Keyword {
    const fn new(name: &'static str, value: Kind, support: Support, about: &'static str) -> Self {
        Self { name, value, support, about, instead: None }
    }

    /// An older name, still understood.
    const fn old(name: &'static str, value: Kind, support: Support, instead: &'static str) -> Self {
        Self { name, value, support, about: "older name", instead: Some(instead) }
    }
}

/// What becomes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a third answer would be an excuse")]
pub enum Support {
    /// It does what keepalived's documentation says.
    Works,
    /// It is understood and nothing needs to be done, for this reason.
    NoEffect(&'static str),
}

/// What follows a keyword.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing.
    Nothing,
    /// One value.
    One(Scalar),
    /// One value, or nothing.
    Optional(Scalar),
    /// Values and option words.
    Line(&'static Form),
    /// One value or more, each of this kind.
    List(Scalar),
    /// A command line in quotes as of a shell, then perhaps a user and a group.
    Script,
    /// A command line, or nothing.
    OptionalScript,
    /// A block of lines, each of this form.
    Lines(&'static Form),
    /// A block of words, however they are spread over lines.
    Names,
    /// A block of keywords.
    Block(&'static Block),
}

/// A line: values by their place, then options in any order.
#[derive(Debug)]
#[non_exhaustive]
pub struct Form {
    /// What comes first, in this order.
    pub places: &'static [Place],
    /// What may follow, in any order.
    pub options: &'static [OptionWord],
}

impl Form {
    const fn new(places: &'static [Place], options: &'static [OptionWord]) -> Self {
        Self { places, options }
    }
}

/// A value by its place.
#[derive(Debug)]
#[non_exhaustive]
pub struct Place {
    /// What to call it.
    pub name: &'static str,
    /// What it is.
    pub scalar: Scalar,
    /// Whether it may be left out.
    pub is_optional: bool,
}

const fn required(name: &'static str, scalar: Scalar) -> Place {
    Place { name, scalar, is_optional: false }
}

const fn optional(name: &'static str, scalar: Scalar) -> Place {
    Place { name, scalar, is_optional: true }
}

/// A word that says something about the line, perhaps with a value after it.
#[derive(Debug)]
#[non_exhaustive]
pub struct OptionWord {
    /// The word and its other spellings; the first is its name.
    pub words: &'static [&'static str],
    /// Words of which one may stand between it and its value.
    pub before: &'static [&'static str],
    /// What follows it, one value each; mostly none or one.
    pub values: &'static [Scalar],
    /// What becomes of it.
    pub support: Support,
}

const fn option(
    words: &'static [&'static str],
    values: &'static [Scalar],
    support: Support,
) -> OptionWord {
    OptionWord { words, before: &[], values, support }
}

/// An option with a word before its value.
const fn option_with(
    words: &'static [&'static str],
    before: &'static [&'static str],
    values: &'static [Scalar],
    support: Support,
) -> OptionWord {
    OptionWord { words, before, values, support }
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scalar {
    /// `on`, `true`, `yes`, `off`, `false`, `no`.
    Boolean,
    /// A decimal number in this range.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A number that may also be written in hexadecimal (`0x…`) or octal (`0…`).
    AnyBase {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Decimal seconds; the range is in microseconds.
    Seconds {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// Decimal milliseconds; the range is in microseconds.
    Milliseconds {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words in upper or lower case.
    ChoiceAnyCase(&'static [&'static str]),
    /// Any word of up to so many octets.
    Text {
        /// The most octets.
        max: usize,
    },
    /// A word that must not be shown.
    Secret,
    /// The name of an interface.
    Interface,
    /// An IPv4 or IPv6 address.
    Address,
    /// An IPv4 multicast group.
    Group4,
    /// An IPv6 multicast group of link-local scope.
    Group6,
    /// A multicast group of either family.
    Group,
    /// An address and perhaps the length of a prefix: `192.0.2.1/24`.
    Prefix,
    /// A network of routes and rules: a prefix, or `default`, `all` or `any`.
    Destination,
    /// Addresses of a virtual server group: `192.0.2.1`, `192.0.2.1-9`, `192.0.2.0/28`.
    Range,
    /// A file.
    Path,
    /// Octets in hexadecimal.
    Hex,
}
