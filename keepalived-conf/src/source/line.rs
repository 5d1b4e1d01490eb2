//! A line of text that knows where its octets come from.

use std::ops::Range;

use crate::diagnostic::Span;

/// Part of a physical line, perhaps with variables replaced.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    source: u32,
    number: u32,
    origin: Origin,
}

/// Where in the physical line an octet comes from.
#[derive(Clone, Debug)]
enum Origin {
    /// So many octets further on.
    Shift(u32),
    /// By octet.
    Map(Vec<u32>),
}

impl Line {
    pub(crate) fn new(source: u32, number: u32, text: &str) -> Self {
        Self { text: text.to_owned(), source, number, origin: Origin::Shift(0) }
    }

    fn column(&self, at: usize) -> u32 {
        match &self.origin {
            Origin::Shift(shift) => shift + clamp(at),
            Origin::Map(map) => match map.get(at) {
                Some(column) => *column,
                None => map.last().map_or(0, |last| last + 1),
            },
        }
    }

    /// Where octets of this line are in the file.
    pub(crate) fn span(&self, octets: Range<usize>) -> Span {
        let start = self.column(octets.start);
        let end = match octets.end.checked_sub(1) {
            Some(last) if octets.end > octets.start => self.column(last) + 1,
            _ => start,
        };
        Span { source: self.source, line: self.number, start, end: end.max(start) }
    }

    pub(crate) fn whole(&self) -> Span {
        self.span(0..self.text.len())
    }

    /// A part of it.
    pub(crate) fn slice(&self, octets: Range<usize>) -> Self {
        let origin = match &self.origin {
            Origin::Shift(shift) => Origin::Shift(shift + clamp(octets.start)),
            Origin::Map(map) => Origin::Map(map[octets.clone()].to_vec()),
        };
        Self {
            text: self.text[octets].to_owned(),
            source: self.source,
            number: self.number,
            origin,
        }
    }

    pub(crate) fn trimmed(&self) -> Self {
        let text = self.text.trim_ascii();
        if text.len() == self.text.len() {
            return self.clone();
        }
        let start = self.text.len() - self.text.trim_ascii_start().len();
        self.slice(start..start + text.len())
    }

    /// With `octets` replaced by a text, all of which comes from where these were.
    pub(crate) fn replaced(&self, octets: Range<usize>, by: &str) -> Self {
        let column = self.column(octets.start);
        let columns = |range: Range<usize>| range.map(|at| self.column(at));
        let map = columns(0..octets.start)
            .chain(std::iter::repeat_n(column, by.len()))
            .chain(columns(octets.end..self.text.len()))
            .collect();
        let mut text = String::with_capacity(self.text.len() + by.len());
        text += &self.text[..octets.start];
        text += by;
        text += &self.text[octets.end..];
        Self { text, source: self.source, number: self.number, origin: Origin::Map(map) }
    }

    /// The line without the octets that are marked.
    pub(crate) fn without(&self, dropped: &[bool]) -> Self {
        let kept = || (0..self.text.len()).filter(|at| !dropped.get(*at).copied().unwrap_or(false));
        let octets: Vec<u8> = kept().map(|at| self.text.as_bytes()[at]).collect();
        let map = kept().map(|at| self.column(at)).collect();
        let text = String::from_utf8_lossy(&octets).into_owned();
        Self { text, source: self.source, number: self.number, origin: Origin::Map(map) }
    }

    /// A text that stands for all of this line: one line of a definition where it is used.
    pub(crate) fn standing_for(&self, text: &str) -> Self {
        let column = self.column(0);
        Self {
            text: text.to_owned(),
            source: self.source,
            number: self.number,
            origin: Origin::Map(vec![column; text.len()]),
        }
    }
}

fn clamp(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
