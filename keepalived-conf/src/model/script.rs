//! `vrrp_script`.

use std::num::NonZeroU32;
use std::time::Duration;

use super::global::User;
use super::track::Weight;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{CommandLine, Section};

/// A check that is run periodically.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackScript {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// What is run; success is the exit status 0.
    pub command: CommandLine,
    /// From start to start.
    pub interval: Duration,
    /// After this it is ended, and has failed.
    pub timeout: Duration,
    /// What it does to the priority where nothing else is said.
    pub weight: Weight,
    /// Successes in a row that make it good.
    pub rise: NonZeroU32,
    /// Failures in a row that make it bad.
    pub fall: NonZeroU32,
    /// Who runs it.
    pub user: Option<User>,
    /// Bad until it was good for the first time.
    pub begins_failed: bool,
}

impl TrackScript {
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Some(command) = section.command("script") else {
            let message = format!("vrrp_script {name} has no script");
            diagnostics.error(span, message, "write script \"COMMAND\"");
            return None;
        };
        let interval = section.duration("interval").unwrap_or(Duration::from_secs(1));
        let interval = if interval.is_zero() { Duration::from_secs(1) } else { interval };
        let count = |keyword| {
            section
                .integer(keyword)
                .and_then(|count| NonZeroU32::new(count.try_into().ok()?))
                .unwrap_or(NonZeroU32::MIN)
        };
        let weight = section.get("weight").and_then(|entry| Weight::of(entry.values()?));
        Some(Self {
            name: name.to_owned(),
            span,
            command: command.clone(),
            interval,
            timeout: section.duration("timeout").filter(|t| !t.is_zero()).unwrap_or(interval),
            weight: weight.unwrap_or_default(),
            rise: count("rise"),
            fall: count("fall"),
            user: section.get("user").and_then(|entry| User::of(entry.values()?, 0)),
            begins_failed: section.has("init_fail"),
        })
    }
}
