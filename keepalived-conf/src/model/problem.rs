//! Why a line is left out.

use crate::diagnostic::{Diagnostics, Span};

/// What is wrong with a line, and what to write instead.
pub(super) struct Problem {
    message: String,
    help: &'static str,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, help: &'static str) -> Self {
        Self { message: message.into(), help }
    }

    pub(super) fn tell(self, span: Span, diagnostics: &mut Diagnostics) {
        diagnostics.error(span, self.message, self.help);
    }
}
