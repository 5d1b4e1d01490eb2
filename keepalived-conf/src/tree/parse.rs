//! From statements to the tree.

use super::scalar::{self, allowed};
use super::{CommandLine, Data, Entry, Name, Section, Value, Values};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use crate::schema::{
    Block, Form, Keyword, Kind, OptionWord, Place, ROOT, Scalar, Support, misplaced,
};
use crate::source::{Line, Statement, Word, arguments, shell_words, words};

/// Reads the whole file. What cannot be read is reported and left out.
pub(crate) fn parse(statements: &[Statement], diagnostics: &mut Diagnostics) -> Section {
    let mut parser = Parser { statements, at: 0, diagnostics };
    let mut section = Section::default();
    while !parser.block(&ROOT, None, &mut section) {}
    section
}

struct Parser<'a> {
    statements: &'a [Statement],
    at: usize,
    diagnostics: &'a mut Diagnostics,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Statement> {
        let statement = self.statements.get(self.at).cloned();
        self.at += 1;
        statement
    }

    fn peek(&self) -> Option<&Statement> {
        self.statements.get(self.at)
    }

    /// Reads keywords up to the closing brace, or the end of the file; says whether that was reached.
    fn block(&mut self, block: &Block, opened: Option<Span>, section: &mut Section) -> bool {
        let mut stray = 0;
        loop {
            match self.next() {
                Some(Statement::Line(line)) => {
                    if let Some(entry) = self.entry(&line, block) {
                        section.entries.push(entry);
                    }
                }
                Some(Statement::Open(span)) => {
                    stray += 1;
                    let help = "remove it and the brace that closes it";
                    self.diagnostics.error(span, "no keyword stands before this brace", help);
                }
                Some(Statement::Close(_)) if stray > 0 => stray -= 1,
                Some(Statement::Close(span)) => {
                    if opened.is_none() {
                        self.diagnostics.error(span, "this brace closes nothing", "remove it");
                    }
                    return false;
                }
                None => {
                    if let Some(opened) = opened {
                        let message = format!("the block {} is not closed", block.name);
                        self.diagnostics.error(opened, message, "write } at its end");
                    }
                    return true;
                }
            }
        }
    }

    fn entry(&mut self, line: &Line, block: &Block) -> Option<Entry> {
        let first_length =
            line.text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(line.text.len());
        let name = line.text[..first_length].trim_matches('"');
        let at = line.span(0..first_length);
        let by_name = |name: &str| block.keywords.iter().find(|keyword| keyword.name == name);
        // A nameless keyword is a line that begins with a value.
        let (keyword, skipped) = match by_name(name) {
            Some(keyword) => (keyword, first_length),
            None => match by_name("") {
                Some(keyword) => (keyword, 0),
                None => {
                    self.unknown(name, at, block);
                    self.skip_block();
                    return None;
                }
            },
        };
        self.tell_support(keyword, at);
        let rest = line.slice(skipped..line.text.len());
        let data = match keyword.value {
            Kind::Block(inner) => {
                let words = words(&rest, self.diagnostics);
                let head = self.values(&words, inner.head, at, keyword.name);
                let mut section = Section::default();
                if let Some(opened) = self.open(keyword, at) {
                    self.block(inner, Some(opened), &mut section);
                }
                Some(Data::Block(head?, section))
            }
            Kind::Lines(form) => {
                // The first line may stand before the brace only by mistake.
                let words = words(&rest, self.diagnostics);
                self.surplus(&words, keyword.name);
                let lines = self.lines(keyword, form, at);
                Some(Data::Lines(lines))
            }
            Kind::Names => {
                let words = words(&rest, self.diagnostics);
                self.surplus(&words, keyword.name);
                Some(Data::Names(self.names(keyword, at)))
            }
            Kind::Script => {
                self.command(&rest, at, keyword).map(|command| Data::Command(Some(command)))
            }
            Kind::OptionalScript if rest.text.trim_ascii().is_empty() => Some(Data::Command(None)),
            Kind::OptionalScript => {
                self.command(&rest, at, keyword).map(|command| Data::Command(Some(command)))
            }
            _ => {
                if holds_secret(&keyword.value) {
                    self.diagnostics.hide(at);
                }
                let words = words(&rest, self.diagnostics);
                self.plain(&words, keyword, at).map(Data::Line)
            }
        };
        if !matches!(keyword.value, Kind::Block(_) | Kind::Lines(_) | Kind::Names)
            && let Some(Statement::Open(span)) = self.peek()
        {
            let span = *span;
            let message = format!("{name} has no block");
            self.diagnostics.error(span, message, "the block is left out");
            self.skip_block();
        }
        Some(Entry { keyword, span: line.whole(), data: data? })
    }

    fn tell_support(&mut self, keyword: &Keyword, at: Span) {
        if let Some(instead) = keyword.instead {
            let message = format!("{} is an older name", keyword.name);
            self.diagnostics.push(
                Diagnostic::new(Severity::Note, at, message).help(format!("write {instead}")),
            );
        }
        let note = |message: String| Diagnostic::new(Severity::Note, at, message);
        match keyword.support {
            Support::Works => {}
            Support::NoEffect(why) => self
                .diagnostics
                .push(note(format!("{} has no effect here", keyword.name)).help(why)),
        }
    }

    fn unknown(&mut self, name: &str, at: Span, block: &Block) {
        let place = match block.name {
            "" => "outside of blocks".to_owned(),
            name => format!("in {name}"),
        };
        let message = format!("{name:?} is not a keyword {place}");
        let help = misplaced(name, block.name)
            .map(str::to_owned)
            .or_else(|| closest(name, block))
            .or_else(|| elsewhere(name))
            .unwrap_or_else(|| "it is left out, with its block if it has one".into());
        self.diagnostics.error(at, message, help);
    }

    /// The opening brace. When there is none it is assumed, because that is what keepalived does.
    fn open(&mut self, keyword: &Keyword, at: Span) -> Option<Span> {
        match self.peek() {
            Some(Statement::Open(span)) => {
                let span = *span;
                self.at += 1;
                Some(span)
            }
            _ => {
                let message = format!("the brace after {} is missing", keyword.name);
                self.diagnostics.error(at, message, "write { at the end of the line");
                // Where a block ends, or the file, there is nothing to go on with.
                self.peek().filter(|next| matches!(next, Statement::Line(_))).map(|_| at)
            }
        }
    }

    fn skip_block(&mut self) {
        if !matches!(self.peek(), Some(Statement::Open(_))) {
            return;
        }
        let mut depth = 0;
        while let Some(statement) = self.next() {
            match statement {
                Statement::Open(_) => depth += 1,
                Statement::Close(_) => depth -= 1,
                Statement::Line(_) => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn lines(&mut self, keyword: &Keyword, form: &'static Form, at: Span) -> Vec<Values> {
        let mut list = Vec::new();
        self.inner_lines(keyword, at, |parser, line| {
            let words = words(line, parser.diagnostics);
            list.extend(parser.values(&words, form, line.whole(), keyword.name));
        });
        list
    }

    fn names(&mut self, keyword: &Keyword, at: Span) -> Vec<Name> {
        let mut list = Vec::new();
        self.inner_lines(keyword, at, |parser, line| {
            let words = words(line, parser.diagnostics);
            list.extend(words.into_iter().map(|word| Name { text: word.text, span: word.span }));
        });
        list
    }

    fn inner_lines(&mut self, keyword: &Keyword, at: Span, mut take: impl FnMut(&mut Self, &Line)) {
        let Some(opened) = self.open(keyword, at) else { return };
        loop {
            match self.next() {
                Some(Statement::Line(line)) => take(self, &line),
                Some(Statement::Close(_)) => return,
                Some(Statement::Open(span)) => {
                    let help = "it is left out, with all up to the brace that closes it";
                    self.diagnostics.error(span, "there is no block in this block", help);
                    self.at -= 1;
                    self.skip_block();
                }
                None => {
                    let message = format!("the block {} is not closed", keyword.name);
                    self.diagnostics.error(opened, message, "write } at its end");
                    return;
                }
            }
        }
    }

    /// A keyword whose values stand in its line.
    fn plain(&mut self, words: &[Word], keyword: &Keyword, at: Span) -> Option<Values> {
        let mut values =
            Values { span: at, places: Vec::new(), options: Vec::new(), is_understood: true };
        match keyword.value {
            Kind::Nothing => self.surplus(words, keyword.name),
            Kind::One(scalar) | Kind::Optional(scalar) => match words.split_first() {
                Some((word, rest)) => {
                    values.places.push(Some(self.scalar(word, &scalar, keyword.name)?));
                    self.surplus(rest, keyword.name);
                }
                None if matches!(keyword.value, Kind::One(_)) => {
                    self.missing(keyword.name, &scalar, at);
                    return None;
                }
                None => {}
            },
            Kind::List(scalar) => {
                if words.is_empty() {
                    self.missing(keyword.name, &scalar, at);
                    return None;
                }
                for word in words {
                    values.places.push(self.scalar(word, &scalar, keyword.name));
                }
            }
            Kind::Line(form) => return self.values(words, form, at, keyword.name),
            _ => {}
        }
        Some(values)
    }

    /// Values by their place, and options. Places that are not optional and stand first take their
    /// words first; after them an option word is an option wherever it stands, and any other word
    /// fills the next place that it fits. `None` when a value that is needed is not there.
    fn values(
        &mut self,
        words: &[Word],
        form: &'static Form,
        at: Span,
        keyword: &str,
    ) -> Option<Values> {
        let leading = form.places.iter().take_while(|place| !place.is_optional).count();
        let mut places: Vec<Option<Value>> = vec![None; form.places.len()];
        let mut options = Vec::new();
        let mut next = 0;
        let mut rest = words;
        let mut is_whole = true;
        let mut is_understood = true;
        while let Some((word, after)) = rest.split_first() {
            rest = after;
            let found = form.options.iter().find(|option| option.words.contains(&&*word.text));
            if let Some(option) = found.filter(|_| next >= leading) {
                is_understood &= self.option(option, word, &mut rest, &mut options);
                continue;
            }
            let fits = |place: &Place| {
                !place.is_optional || scalar::read(&word.text, &place.scalar).is_ok()
            };
            let place = form.places.iter().skip(next).position(fits);
            let Some(place) = place.map(|skipped| next + skipped) else {
                self.not_an_option(word, form, keyword);
                is_understood = false;
                continue;
            };
            next = place + 1;
            let value = self.scalar(word, &form.places[place].scalar, form.places[place].name);
            is_whole &= value.is_some() || form.places[place].is_optional;
            is_understood &= value.is_some();
            places[place] = value;
        }
        let is_missing = |(at, place): &(usize, &Place)| !place.is_optional && *at >= next;
        if let Some((_, place)) = form.places.iter().enumerate().find(is_missing) {
            let message = format!("{} of {keyword} is missing", place.name);
            self.diagnostics.error(at, message, allowed(&place.scalar));
            return None;
        }
        is_whole.then_some(Values { span: at, places, options, is_understood })
    }

    /// Says whether its values are there and right; it is left out when they are not.
    fn option(
        &mut self,
        option: &'static OptionWord,
        word: &Word,
        rest: &mut &[Word],
        options: &mut Vec<(&'static str, Vec<Value>)>,
    ) -> bool {
        let name = option.words[0];
        let mut values = Vec::new();
        // `mtu lock 1400`: a word of its own that stands before the number.
        let mut before = None;
        if let Some((word, after)) = rest.split_first()
            && let Some(found) = option.before.iter().find(|one| **one == word.text)
        {
            before = Some((*found, Vec::new()));
            *rest = after;
        }
        for scalar in option.values {
            match rest.split_first() {
                Some((word, after)) => {
                    values.extend(self.scalar(word, scalar, name));
                    *rest = after;
                }
                None => self.missing(name, scalar, word.span),
            }
        }
        let is_whole = values.len() == option.values.len();
        if is_whole {
            options.extend(before);
            options.push((name, values));
        }
        is_whole
    }

    fn not_an_option(&mut self, word: &Word, form: &Form, keyword: &str) {
        let known: Vec<&str> = form.options.iter().map(|option| option.words[0]).collect();
        let help = match known.is_empty() {
            true => "nothing may follow here".to_owned(),
            false => format!("allowed are {}", known.join(", ")),
        };
        let message = format!("{:?} is not an option of {keyword}", word.text);
        self.diagnostics.error(word.span, message, help);
    }

    fn scalar(&mut self, word: &Word, scalar: &Scalar, name: &str) -> Option<Value> {
        match scalar::read(&word.text, scalar) {
            Ok(value) => Some(value),
            Err(refused) => {
                let shown = match scalar {
                    Scalar::Secret => "not shown".to_owned(),
                    _ => word.text.clone(),
                };
                let message = match &refused.prefix {
                    Some(_) => format!("{name} is {shown}; only its beginning is used"),
                    None => format!("{name} is {shown}"),
                };
                self.diagnostics.error(word.span, message, refused.allowed);
                refused.prefix
            }
        }
    }

    fn missing(&mut self, name: &str, scalar: &Scalar, at: Span) {
        let message = format!("the value of {name} is missing");
        self.diagnostics.error(at, message, allowed(scalar));
    }

    fn surplus(&mut self, words: &[Word], name: &str) {
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let help = "a keyword and its values stand on a line of their own";
            let message = format!("this is too much after {name}, and is left out");
            self.diagnostics.warn(first.span.to(last.span), message, help);
        }
    }

    /// A command line, then perhaps a user and a group.
    fn command(&mut self, rest: &Line, at: Span, keyword: &Keyword) -> Option<CommandLine> {
        let words = shell_words(rest, self.diagnostics);
        let Some((command, after)) = words.split_first() else {
            let message = format!("the command of {} is missing", keyword.name);
            self.diagnostics.error(at, message, "write it in double quotes");
            return None;
        };
        let arguments = arguments(&command.text);
        if arguments.is_empty() {
            let message = format!("the command of {} is empty", keyword.name);
            self.diagnostics.error(command.span, message, "write it in double quotes");
            return None;
        }
        let mut after = after.iter().map(|word| word.text.clone());
        let (user, group) = (after.next(), after.next());
        self.surplus(words.get(3..).unwrap_or_default(), keyword.name);
        Some(CommandLine { text: command.text.clone(), arguments, user, group, span: command.span })
    }
}

fn holds_secret(kind: &Kind) -> bool {
    let is_secret = |scalar: &Scalar| *scalar == Scalar::Secret;
    match kind {
        Kind::One(scalar) | Kind::Optional(scalar) | Kind::List(scalar) => is_secret(scalar),
        Kind::Line(form) | Kind::Lines(form) => {
            form.places.iter().any(|place| is_secret(&place.scalar))
        }
        _ => false,
    }
}

/// The keyword of this block that was perhaps meant.
fn closest(name: &str, block: &Block) -> Option<String> {
    let distance = |keyword: &&Keyword| strsim::damerau_levenshtein(keyword.name, name);
    let closest = block.keywords.iter().min_by_key(distance)?;
    let is_close = distance(&closest) <= (name.len() / 4).max(1);
    is_close.then(|| format!("did you mean {}?", closest.name))
}

/// The blocks where this keyword may stand.
fn elsewhere(name: &str) -> Option<String> {
    fn search(block: &'static Block, name: &str, found: &mut Vec<&'static str>, depth: usize) {
        for keyword in block.keywords {
            if keyword.name == name && !found.contains(&block.name) {
                found.push(block.name);
            }
            if let Kind::Block(inner) = keyword.value
                && depth < 8
            {
                search(inner, name, found, depth + 1);
            }
        }
    }
    let mut found = Vec::new();
    search(&ROOT, name, &mut found, 0);
    let names: Vec<&str> = found
        .into_iter()
        .map(|name| if name.is_empty() { "the top level" } else { name })
        .collect();
    (!names.is_empty()).then(|| format!("it belongs in {}", names.join(", ")))
}
