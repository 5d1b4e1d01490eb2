//! From files to statements: conditions, definitions, generators, includes, comments.

mod braces;
mod comment;
mod files;
mod generator;
mod include;
mod line;
mod statements;
mod variables;
mod words;

use std::cell::Cell;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source};
use variables::{LONGEST, Surroundings, Use, Variables};

pub use files::{Files, Memory, System};
pub use include::IncludeCheck;
pub(crate) use line::Line;
pub(crate) use statements::Statement;
pub(crate) use words::{Word, arguments, shell_words, words};

/// A line costs one, and one more for so many octets: a long one takes that much more memory.
const COST: usize = 16;

/// How deep definitions, generators and includes may stand in each other.
const DEPTH: usize = 64;

/// What a configuration may depend on besides its files.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What `@NAME` lines are compared with.
    pub config_id: String,
    /// Whether `${_ENV NAME}` sees the environment of the process.
    pub reads_environment: bool,
    /// What `include` demands of the files it names.
    pub include_check: IncludeCheck,
    /// Where `${_RANDOM}` starts.
    pub seed: u32,
    /// How many lines there may be once definitions, generators and includes are expanded.
    pub most_lines: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config_id: String::new(),
            reads_environment: true,
            include_check: IncludeCheck::default(),
            seed: 1,
            most_lines: 5_000_000,
        }
    }
}

/// Reads statements out of files.
pub(crate) struct Reader<'a> {
    files: &'a dyn Files,
    options: &'a Options,
    diagnostics: &'a mut Diagnostics,
    statements: Vec<Statement>,
    variables: Variables,
    /// Folder of the file that is being read.
    directory: PathBuf,
    depth: usize,
    random: Cell<u32>,
    include_check: IncludeCheck,
    is_full: bool,
    /// How many lines may still be looked at.
    budget: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        files: &'a dyn Files,
        options: &'a Options,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self {
            files,
            options,
            diagnostics,
            statements: Vec::new(),
            variables: Variables::default(),
            directory: PathBuf::new(),
            depth: 0,
            random: Cell::new(options.seed),
            include_check: options.include_check,
            is_full: false,
            budget: options.most_lines,
        }
    }

    /// Reads a file and all that it includes.
    pub(crate) fn read(mut self, path: &Path) -> std::io::Result<Vec<Statement>> {
        let text = self.files.read(path)?;
        self.read_text(path, &text);
        Ok(self.statements)
    }

    fn read_text(&mut self, path: &Path, octets: &[u8]) {
        let text = String::from_utf8_lossy(octets);
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let number = u32::try_from(self.diagnostics.sources.len()).unwrap_or(u32::MAX);
        let name = path.display().to_string();
        self.diagnostics.sources.push(Source::new(name, text.clone()));
        let parent = path.parent().unwrap_or(Path::new("")).to_owned();
        let before = std::mem::replace(&mut self.directory, parent);
        let mut definition = None;
        for (line_number, text) in text.lines().enumerate() {
            let line = Line::new(number, u32::try_from(line_number).unwrap_or(u32::MAX), text);
            if line.text.contains('\0') {
                let message = "the line has a zero octet and is left out";
                self.diagnostics.error(line.whole(), message, "remove it");
                continue;
            }
            self.physical(&line, &mut definition);
        }
        self.finish_definition(&mut definition);
        self.directory = before;
    }

    /// A line of a file. `definition` is one that goes on from the line before.
    fn physical(&mut self, line: &Line, definition: &mut Option<Definition>) {
        if !self.spend(line) {
            return;
        }
        let line = comment::without_comment(line.trimmed()).trimmed();
        let Some(line) = self.condition(line) else { return };
        if let Some(open) = definition {
            open.goes_on = open.push(&line.text);
            if !open.goes_on {
                self.finish_definition(definition);
            }
            return;
        }
        if let Some((name, value)) = variables::definition(&line.text) {
            let mut begun = Definition { name: name.to_owned(), lines: Vec::new(), goes_on: false };
            begun.goes_on = begun.push(value);
            *definition = Some(begun);
            if !definition.as_ref().is_some_and(|definition| definition.goes_on) {
                self.finish_definition(definition);
            }
            return;
        }
        self.line(line);
    }

    fn finish_definition(&mut self, definition: &mut Option<Definition>) {
        if let Some(Definition { name, lines, .. }) = definition.take() {
            self.variables.define(&name, lines);
        }
    }

    /// `@ID text` and `@^ID text`: the text, if it is for us.
    fn condition(&self, line: Line) -> Option<Line> {
        let Some(after) = line.text.strip_prefix('@') else { return Some(line) };
        let (is_negated, after) = match after.strip_prefix('^') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let end = after.find(|letter: char| letter.is_ascii_whitespace()).unwrap_or(after.len());
        let is_ours = (after[..end] == self.options.config_id) != is_negated;
        let start = line.text.len() - after.len() + end;
        is_ours.then(|| line.slice(start..line.text.len()).trimmed())
    }

    /// A line with its variables still in it.
    fn line(&mut self, line: Line) {
        if line.text.is_empty() || !self.spend(&line) {
            return;
        }
        if self.depth > DEPTH {
            let message = format!("definitions stand in each other more than {DEPTH} deep");
            return self.diagnostics.error(line.whole(), message, "a definition may use itself");
        }
        self.depth += 1;
        match generator::generator(&line.text, self.options.most_lines) {
            Some(Ok(generator)) => self.generate(&line, &generator),
            Some(Err(message)) => {
                let help = "write ~SEQ(var, start, step, end) text or ~LST(var, a, b) text";
                self.diagnostics.error(line.whole(), message, help);
            }
            None => self.substitute(line),
        }
        self.depth -= 1;
    }

    /// Whether there is still something to be read: definitions, generators and includes can make far
    /// more of a small file than anybody wants to wait for.
    fn spend(&mut self, line: &Line) -> bool {
        if self.is_full {
            return false;
        }
        let cost = 1 + line.text.len() / COST;
        self.budget = self.budget.saturating_sub(cost);
        if self.budget == 0 {
            self.fill(line);
        }
        !self.is_full
    }

    fn fill(&mut self, line: &Line) {
        self.is_full = true;
        let most = self.options.most_lines;
        let message = format!("there are more than {most} lines once all is expanded");
        self.diagnostics.fatal(line.whole(), message, "the rest is not read");
    }

    fn generate(&mut self, line: &Line, generator: &generator::Generator<'_>) {
        if let Some(name) = generator.names.iter().find(|name| self.variables.is_defined(name)) {
            let message = format!("${name} is defined already");
            return self.diagnostics.error(line.whole(), message, "take another name");
        }
        let start = line.text.len() - generator.text.len();
        let text = line.slice(start..line.text.len());
        for values in &generator.rounds {
            if !self.spend(line) {
                break;
            }
            for (name, value) in generator.names.iter().zip(values) {
                self.variables.define(name, vec![value.clone()]);
            }
            // The text may be a definition that shall hold only here, or a line like any other.
            match variables::definition(&text.text) {
                Some((name, value)) => self.variables.define(name, vec![value.to_owned()]),
                None => self.line(text.clone()),
            }
        }
        for name in &generator.names {
            self.variables.remove(name);
        }
    }

    /// Replaces variables until nothing changes.
    fn substitute(&mut self, mut line: Line) {
        let mut rounds = 0;
        while line.text.contains('$') {
            rounds += 1;
            let directory = self.directory.clone();
            let reads_environment = self.options.reads_environment;
            let environment =
                move |name: &str| std::env::var(name).ok().filter(|_| reads_environment);
            let random = || {
                // Numbers that differ are all that is asked for.
                let next = self.random.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                self.random.set(next);
                next >> 8
            };
            let around = Surroundings {
                directory: &directory,
                config_id: &self.options.config_id,
                environment: &environment,
                random: &random,
            };
            match self.variables.first_use(&line.text, &around) {
                None => break,
                Some(Use::Text(..) | Use::Endless) if rounds > 4096 => {
                    return self.endless(&line);
                }
                Some(Use::Endless) => return self.endless(&line),
                Some(Use::Text(octets, text)) => {
                    line = line.replaced(octets, &text);
                    if line.text.len() > LONGEST {
                        return self.endless(&line);
                    }
                    if !self.spend(&line) {
                        return;
                    }
                }
                Some(Use::NotLast(octets)) => {
                    let message = "a definition of several lines is used within a line";
                    let help = "use it as the last thing on its line";
                    return self.diagnostics.error(line.span(octets), message, help);
                }
                Some(Use::Lines(start, lines)) => {
                    let lines = lines.to_vec();
                    return self.several(&line, start, &lines);
                }
            }
        }
        self.statement(line);
    }

    fn endless(&mut self, line: &Line) {
        let message = "the definitions that are used here never end";
        self.diagnostics.error(line.whole(), message, "a definition uses itself");
    }

    /// What stands before the use joins the first line of the definition.
    fn several(&mut self, line: &Line, start: usize, lines: &[String]) {
        let mut definition = None;
        for (number, text) in lines.iter().enumerate() {
            let line = match number {
                0 => line.replaced(start..line.text.len(), text),
                _ => line.slice(start..line.text.len()).standing_for(text),
            };
            self.depth += 1;
            if self.depth > DEPTH {
                self.endless(&line);
            } else {
                self.physical(&line, &mut definition);
            }
            self.depth -= 1;
        }
        self.finish_definition(&mut definition);
    }

    /// A line without variables.
    fn statement(&mut self, line: Line) {
        let line = comment::unescaped(comment::without_comment(line)).trimmed();
        if line.text.is_empty() {
            return;
        }
        let first = line.text.split_ascii_whitespace().next().unwrap_or_default();
        if let Some(check) = include::keyword(first) {
            let check = check.unwrap_or(self.include_check);
            let start = first.len();
            let pattern = line.slice(start..line.text.len()).trimmed();
            return self.include(&pattern, check);
        }
        statements::split(&line, &mut self.statements, self.diagnostics);
        // It holds from here on, as every other definition of the file does.
        if first == "include_check" {
            self.include_check = include::check(&line.text[first.len()..], self.include_check);
        }
    }

    fn problem(&mut self, severity: Severity, line: &Line, message: String, help: &str) {
        self.diagnostics.push(Diagnostic::new(severity, line.whole(), message).help(help));
    }
}

/// A definition that may go on in the next line.
struct Definition {
    name: String,
    lines: Vec<String>,
    goes_on: bool,
}

impl Definition {
    /// Adds a line and says whether another one follows.
    fn push(&mut self, text: &str) -> bool {
        let (text, goes_on) = match text.strip_suffix('\\') {
            Some(text) => (text.trim_ascii_end(), true),
            None => (text, false),
        };
        if !text.is_empty() || self.lines.is_empty() {
            self.lines.push(text.to_owned());
        }
        goes_on
    }
}
