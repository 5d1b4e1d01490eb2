//! A line is cut at its braces.

use super::line::Line;
use crate::diagnostic::{Diagnostics, Span};

/// What the file is made of.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// A keyword and what follows it.
    Line(Line),
    /// `{`.
    Open(Span),
    /// `}`.
    Close(Span),
}

/// Full-width forms that an input method or a copied web page leaves behind.
const WIDE: [(char, char); 6] =
    [('｛', '{'), ('｝', '}'), ('　', ' '), ('“', '"'), ('”', '"'), ('；', ' ')];

/// Adds the statements of a line.
pub(super) fn split(line: &Line, statements: &mut Vec<Statement>, diagnostics: &mut Diagnostics) {
    let narrowed;
    let line = match line.text.is_ascii() {
        true => line,
        false => {
            narrowed = narrow(line.clone(), diagnostics);
            &narrowed
        }
    };
    let mut begin = 0;
    let mut is_quoted = false;
    for (at, octet) in line.text.bytes().enumerate() {
        match octet {
            b'"' => is_quoted = !is_quoted,
            b'{' | b'}' if !is_quoted => {
                push(line, begin..at, statements);
                let span = line.span(at..at + 1);
                statements.push(match octet {
                    b'{' => Statement::Open(span),
                    _ => Statement::Close(span),
                });
                begin = at + 1;
            }
            _ => {}
        }
    }
    push(line, begin..line.text.len(), statements);
}

fn push(line: &Line, octets: std::ops::Range<usize>, statements: &mut Vec<Statement>) {
    let text = &line.text[octets.clone()];
    let start = octets.start + (text.len() - text.trim_ascii_start().len());
    let length = text.trim_ascii().len();
    if length > 0 {
        statements.push(Statement::Line(line.slice(start..start + length)));
    }
}

/// Reads full-width braces, quotes and blanks as what was meant, and says so.
fn narrow(mut line: Line, diagnostics: &mut Diagnostics) -> Line {
    /// More than anybody leaves in a line.
    const MOST: u32 = 100;
    let mut is_quoted = false;
    let mut at = 0;
    let mut replaced = 0;
    while let Some(letter) = line.text[at..].chars().next() {
        if replaced == MOST {
            return line;
        }
        is_quoted ^= letter == '"';
        let meant = WIDE.iter().find(|(wide, _)| *wide == letter && !is_quoted);
        if let Some((_, meant)) = meant {
            diagnostics.error(
                line.span(at..at + letter.len_utf8()),
                format!("{letter:?} is a full-width character"),
                match letter {
                    '；' => "leave it out: a line ends a statement".to_owned(),
                    _ => format!("write {meant:?}"),
                },
            );
            line = line.replaced(at..at + letter.len_utf8(), &meant.to_string());
            at += 1;
            replaced += 1;
            continue;
        }
        at += letter.len_utf8();
    }
    line
}
