//! What is wrong with a configuration, and where.

use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A file that was read.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl fmt::Debug for Source {
    /// The text has secrets in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Words of lines that are not shown: secrets, and what is perhaps a misspelt keyword for one.
const SECRETIVE: [&str; 4] = ["pass", "secret", "key", "auth"];

fn is_secretive(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let plain = ["authentication", "auth_type", "auth_hmac", "active_key"];
    let mut words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.any(|word| SECRETIVE.iter().any(|part| word.contains(part)) && !plain.contains(&word))
}

impl Source {
    pub(crate) fn new(name: String, text: String) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { name, text, lines }
    }

    /// The octets of a line without its end. Lines count from 0.
    fn line(&self, number: u32) -> (usize, &str) {
        let number = number as usize;
        let start = self.lines.get(number).copied().unwrap_or(self.text.len());
        let end = self.lines.get(number + 1).copied().unwrap_or(self.text.len());
        (start, self.text[start..end].trim_end_matches(['\n', '\r']))
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub(crate) source: u32,
    /// Counts from 0.
    pub(crate) line: u32,
    /// Octets of the line.
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// From the beginning of this to the end of `other`, when both are in one line.
    pub(crate) fn to(self, other: Self) -> Self {
        let is_one_line = (self.source, self.line) == (other.source, other.line);
        Self { end: if is_one_line { self.end.max(other.end) } else { self.end }, ..self }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Nothing is wrong, but something will not happen: a keyword that is not done yet.
    Note,
    /// It is understood, and should be written otherwise.
    Warning,
    /// What is marked is left out, or replaced as the message says.
    Error,
    /// It cannot run with this.
    Fatal,
    /// A script would run that others can change.
    Security,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where; `None` for what is missing in the whole.
    pub span: Option<Span>,
    /// What is wrong, with the value.
    pub message: String,
    /// What is allowed, or what to write.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(severity: Severity, span: Span, message: impl Into<String>) -> Self {
        Self { severity, span: Some(span), message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// All problems of a configuration, with the text they are about.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    pub(crate) sources: Vec<Source>,
    list: Vec<Diagnostic>,
    /// Spans of these lines are shown without their text.
    secrets: Vec<Span>,
}

impl Diagnostics {
    /// What was read: the names of the files and their texts, in the order in which they were opened.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().map(|source| (source.name.as_str(), source.text.as_str()))
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    pub(crate) fn error(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Diagnostic::new(Severity::Error, span, message).help(help));
    }

    pub(crate) fn warn(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic::new(Severity::Warning, span, message).help(help));
    }

    pub(crate) fn fatal(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Diagnostic::new(Severity::Fatal, span, message).help(help));
    }

    /// A line with a secret in it is not shown, whatever else is wrong with it.
    pub(crate) fn hide(&mut self, span: Span) {
        self.secrets.push(span);
    }

    /// Adds a problem that was found by whoever uses the model.
    pub fn add(
        &mut self,
        severity: Severity,
        span: Option<Span>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.push(Diagnostic { severity, span, message: message.into(), help });
    }

    /// The problems in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The worst.
    pub fn worst(&self) -> Option<Severity> {
        self.list.iter().map(|diagnostic| diagnostic.severity).max()
    }

    /// File and line of a place, as in `keepalived.conf:12`.
    pub fn place(&self, span: Span) -> String {
        let name = self.sources.get(span.source as usize).map_or("?", |source| &source.name);
        format!("{name}:{}", span.line + 1)
    }

    /// Every problem with file, line, the text and a mark; `color` for a terminal.
    pub fn render(&self, color: bool) -> String {
        let mut text = String::new();
        for diagnostic in &self.list {
            text += &self.render_one(diagnostic, color);
            text.push('\n');
        }
        text
    }

    /// One problem with file, line, the text and a mark.
    pub fn render_one(&self, diagnostic: &Diagnostic, color: bool) -> String {
        let level = match diagnostic.severity {
            Severity::Note => Level::NOTE,
            Severity::Warning => Level::WARNING,
            Severity::Error | Severity::Fatal => Level::ERROR,
            Severity::Security => Level::ERROR.with_name("security"),
        };
        let mut group = level
            .primary_title(&diagnostic.message)
            .elements(Vec::<annotate_snippets::Message<'_>>::new());
        if let Some(span) = diagnostic.span
            && let Some(source) = self.sources.get(span.source as usize)
        {
            let (_, line) = source.line(span.line);
            let is_secret = self
                .secrets
                .iter()
                .any(|secret| (secret.source, secret.line) == (span.source, span.line))
                || is_secretive(line);
            let (line, marked) = match is_secret {
                true => ("(not shown: this line may have a secret)", 0..0),
                false => (line, in_line(line, span)),
            };
            let snippet = Snippet::source(line)
                .line_start(span.line as usize + 1)
                .path(&source.name)
                .annotation(AnnotationKind::Primary.span(marked));
            group = group.element(snippet);
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group]).clone()
    }
}

/// The marked octets, moved to where characters begin.
fn in_line(line: &str, span: Span) -> std::ops::Range<usize> {
    let clamp = |at: u32| {
        let mut at = (at as usize).min(line.len());
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (clamp(span.start), clamp(span.end));
    start..end.max(start)
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}
