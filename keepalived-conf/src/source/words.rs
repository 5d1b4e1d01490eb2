//! A statement is cut into words.

use std::borrow::Cow;

use super::line::Line;
use crate::diagnostic::{Diagnostics, Span};

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// Words between blanks; double quotes keep blanks together and there are no escapes in them.
pub(crate) fn words(line: &Line, diagnostics: &mut Diagnostics) -> Vec<Word> {
    let text = &line.text;
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(octet) = text.as_bytes().get(at) {
        if octet.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let is_quoted = *octet == b'"';
        let begin = at + usize::from(is_quoted);
        let is_end = |octet: u8| match is_quoted {
            true => octet == b'"',
            false => octet.is_ascii_whitespace() || octet == b'"',
        };
        let length = text[begin..].bytes().position(is_end);
        let end = begin + length.unwrap_or(text.len() - begin);
        let mut after = end;
        if is_quoted {
            match length {
                Some(_) => after += 1,
                None => diagnostics.error(
                    line.span(at..text.len()),
                    "the closing quote is missing",
                    "write \" at the end of the text",
                ),
            }
        }
        words.push(Word { text: text[begin..end].to_owned(), span: line.span(at..after) });
        at = after;
    }
    words
}

/// Words as a shell would cut them: both quotes group and join, and a backslash escapes.
pub(crate) fn shell_words(line: &Line, diagnostics: &mut Diagnostics) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        let skipped = line.text[at..].bytes().take_while(u8::is_ascii_whitespace).count();
        at += skipped;
        if at >= line.text.len() {
            return words;
        }
        let (text, end, is_closed) = shell_word(&line.text, at);
        if !is_closed {
            diagnostics.error(
                line.span(at..line.text.len()),
                "the closing quote is missing",
                "write the same quote at the end of the text",
            );
        }
        words.push(Word { text, span: line.span(at..end) });
        at = end;
    }
}

/// The arguments of a command, as a shell would cut them, from text without a place.
pub(crate) fn arguments(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].bytes().take_while(u8::is_ascii_whitespace).count();
        if at >= text.len() {
            return words;
        }
        let (word, end, _) = shell_word(text, at);
        words.push(word);
        at = end;
    }
}

fn shell_word(text: &str, start: usize) -> (String, usize, bool) {
    let mut word = Vec::new();
    let mut quote = None;
    let octets = text.as_bytes();
    let mut at = start;
    while let Some(&octet) = octets.get(at) {
        at += 1;
        match (octet, quote) {
            (b'\\', _) => {
                let (meant, length) = escape(&octets[at..]);
                word.extend_from_slice(&meant);
                at += length;
            }
            (b'"' | b'\'', None) => quote = Some(octet),
            (_, Some(open)) if octet == open => quote = None,
            (_, None) if octet.is_ascii_whitespace() => {
                at -= 1;
                break;
            }
            _ => word.push(octet),
        }
    }
    (String::from_utf8_lossy(&word).into_owned(), at, quote.is_none())
}

/// What follows a backslash, and how many octets that takes.
fn escape(after: &[u8]) -> (Cow<'static, [u8]>, usize) {
    let one = |octet: u8| Cow::Owned(vec![octet]);
    let Some(&octet) = after.first() else { return (one(b'\\'), 0) };
    let simple = match octet {
        b'a' => 0x07,
        b'b' => 0x08,
        b'E' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'0'..=b'7' => {
            let digits = after.iter().take(3).take_while(|o| matches!(o, b'0'..=b'7'));
            let count = digits.clone().count();
            let value = digits.fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            let [octet, ..] = value.to_le_bytes();
            return (one(octet), count);
        }
        b'x' => {
            let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
            return match (digit(1), digit(2)) {
                (Some(high), Some(low)) => (one((high * 16 + low).to_le_bytes()[0]), 3),
                (Some(low), None) => (one(low.to_le_bytes()[0]), 2),
                _ => (one(b'x'), 1),
            };
        }
        b'c' => match after.get(1) {
            Some(control) => return (one(control & 0x1f), 2),
            None => b'c',
        },
        other => other,
    };
    (one(simple), 1)
}
