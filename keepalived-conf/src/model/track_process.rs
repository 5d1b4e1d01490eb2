//! `vrrp_track_process`: whether processes run.

use std::time::Duration;

use super::track::Weight;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Entry, Section, Value};

/// A check that processes run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackProcess {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// What is looked for: the name of a process, or its program as it was started.
    pub process: String,
    /// The arguments that it was started with.
    pub arguments: Vec<String>,
    /// Whether arguments are compared: some are written, or `param_match` is.
    pub has_arguments: bool,
    /// How they are compared.
    pub matching: ParamMatch,
    /// `full_command`: the command line is looked at, not the name of the process.
    pub full_command: bool,
    /// What it does to the priority where nothing else is said.
    pub weight: Weight,
    /// So many have to run; none where `quorum_max` is 0.
    pub quorum: u16,
    /// No more than so many may run.
    pub quorum_max: Option<u32>,
    /// How long there have to be enough until they count.
    pub fork_delay: Duration,
    /// How long there have to be too few until that counts.
    pub terminate_delay: Duration,
}

/// `param_match`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamMatch {
    /// All arguments are the same.
    #[default]
    Exact,
    /// The last one may be longer, and others may follow.
    Initial,
    /// Others may follow.
    Partial,
}

/// `TASK_COMM_LEN` without the final zero.
const LONGEST_NAME: usize = 15;

impl TrackProcess {
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let entry = section.get("process");
        let values = entry.and_then(Entry::values);
        let mut words = values.into_iter().flat_map(|values| &values.places).flatten();
        let Some(process) = words.next().and_then(Value::text) else {
            let message = format!("vrrp_track_process {name} has no process");
            diagnostics.error(span, message, "write process NAME");
            return None;
        };
        let arguments: Vec<String> = words.filter_map(Value::text).map(str::to_owned).collect();
        let has_match = section.has("param_match");
        let has_arguments = has_match || !arguments.is_empty();
        let full_command = section.has("full_command") || has_arguments;
        if !full_command && process.len() > LONGEST_NAME {
            let message = format!("process is {process}");
            let help = "names of processes end after 15 octets; write full_command as well";
            diagnostics.warn(entry.map_or(span, |entry| entry.span), message, help);
        }
        let (quorum, quorum_max) = quorum(section, diagnostics);
        let (fork_delay, terminate_delay) = delays(section);
        let weight = section.get("weight").and_then(|entry| Weight::of(entry.values()?));
        Some(Self {
            name: name.to_owned(),
            span,
            process: process.to_owned(),
            arguments,
            has_arguments,
            matching: match section.text("param_match") {
                Some("initial") => ParamMatch::Initial,
                Some("partial") => ParamMatch::Partial,
                _ => ParamMatch::Exact,
            },
            full_command,
            weight: weight.unwrap_or_default(),
            quorum,
            quorum_max,
            fork_delay,
            terminate_delay,
        })
    }
}

fn quorum(section: &Section, diagnostics: &mut Diagnostics) -> (u16, Option<u32>) {
    let quorum = section.integer("quorum").and_then(|count| u16::try_from(count).ok()).unwrap_or(1);
    let most = section.integer("quorum_max").and_then(|count| u32::try_from(count).ok());
    match most {
        // None may run, so none has to.
        Some(0) if quorum == 1 => (0, most),
        Some(most) if most < u32::from(quorum) => {
            let at = section.get("quorum_max").map(|entry| entry.span);
            let message = format!("quorum_max is {most} and quorum is {quorum}");
            if let Some(at) = at {
                diagnostics.error(at, message, "write one that is not below quorum");
            }
            (quorum, None)
        }
        most => (quorum, most),
    }
}

/// The last one that is written of `delay` and each of the two that it stands for.
fn delays(section: &Section) -> (Duration, Duration) {
    let (mut fork, mut terminate) = (Duration::ZERO, Duration::ZERO);
    for entry in &section.entries {
        let delay = entry.values().and_then(|values| values.at(0)).and_then(Value::duration);
        match (entry.keyword.name, delay) {
            ("delay", Some(delay)) => (fork, terminate) = (delay, delay),
            ("fork_delay", Some(delay)) => fork = delay,
            ("terminate_delay", Some(delay)) => terminate = delay,
            _ => {}
        }
    }
    (fork, terminate)
}
