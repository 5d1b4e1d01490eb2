//! `realms` of routes and rules.

use super::problem::Problem;

/// Numbers, or names of iproute2's `rt_realms`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Realms {
    /// What stands before the slash: the realm of the source.
    pub from: Option<String>,
    /// What stands after it, or alone: the realm of the destination.
    pub to: String,
}

impl Realms {
    pub(super) fn of(word: &str) -> Result<Self, Problem> {
        let (from, to) = match word.split_once('/') {
            Some((from, to)) => (Some(from), to),
            None => (None, word),
        };
        if to.is_empty() || from == Some("") || to.contains('/') {
            let help = "allowed are a realm, or two with a slash between them, like 10/20";
            return Err(Problem::new(format!("realms is {word}"), help));
        }
        Ok(Self { from: from.map(str::to_owned), to: to.to_owned() })
    }
}
