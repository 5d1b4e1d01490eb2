#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]
#![forbid(unsafe_code)]

mod diagnostic;
pub mod model;
pub mod schema;
mod source;
pub mod tree;

use std::path::Path;

pub use diagnostic::{Diagnostic, Diagnostics, Severity, Span};
pub use model::Configuration;
pub use source::{Files, IncludeCheck, Memory, Options, System};

/// What a file says, and what is wrong with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What it says. What is wrong is left out, or replaced as the diagnostics say.
    pub configuration: Configuration,
    /// What is wrong with it.
    pub diagnostics: Diagnostics,
}

/// Reads a configuration with all that it includes.
///
/// # Errors
/// When the file itself cannot be read. Whatever is wrong in it is in the [`Outcome`].
pub fn read(files: &dyn Files, path: &Path, options: &Options) -> Result<Outcome, ReadError> {
    let mut diagnostics = Diagnostics::default();
    let statements = source::Reader::new(files, options, &mut diagnostics)
        .read(path)
        .map_err(|source| ReadError { path: path.to_owned(), source })?;
    let tree = tree::parse(&statements, &mut diagnostics);
    drop(statements);
    let configuration = model::build(tree, &mut diagnostics);
    Ok(Outcome { configuration, diagnostics })
}

/// The configuration cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read", path.display())]
#[non_exhaustive]
pub struct ReadError {
    /// Its name.
    pub path: std::path::PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}
