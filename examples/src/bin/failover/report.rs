//! What happened, and what came of it.

use std::fmt::Write;
use std::time::Duration;

use lab::Frame;
use serde_json::{Value, json};

/// How a router went away, or came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Kill,
    Graceful,
    Preempt,
}

impl Kind {
    /// Each kill is followed by the return of the router, and so is each graceful stop, of which
    /// there are fewer because they are all alike.
    pub(crate) fn plan(kills: u32) -> impl Iterator<Item = Self> {
        const GRACEFUL: u32 = 3;
        let killed = [Self::Kill, Self::Preempt];
        let stopped = [Self::Graceful, Self::Preempt];
        (0..kills.max(1)).flat_map(move |number| {
            let killed = killed.into_iter().filter(move |_| kills > 0);
            killed.chain(stopped.into_iter().filter(move |_| number < GRACEFUL))
        })
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Graceful => "graceful",
            Self::Preempt => "preempt",
        }
    }
}

/// One change of the active router.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) kind: Kind,
    /// From the last advertisement of the router that went away to the first of the other.
    pub(crate) takeover: Duration,
    /// Active_Down_Interval after a kill, Skew_Time after a graceful stop, one interval at most when a
    /// live router is preempted.
    pub(crate) bound: Duration,
    /// For how long the client got no answers; on the simulated LAN, for how long nobody had the address.
    pub(crate) outage: Duration,
    /// When the outage began, since the beginning; when there was none, when the router was touched.
    pub(crate) at: Duration,
}

/// Everything that is reported in the end.
pub(crate) struct Outcome {
    pub(crate) rounds: Vec<Round>,
    pub(crate) frames: Vec<Frame>,
}

/// What was seen, in the order of time.
#[derive(Default)]
pub(crate) struct Timeline {
    pub(crate) entries: Vec<Entry>,
}

pub(crate) struct Entry {
    /// Since the beginning.
    pub(crate) at: Duration,
    pub(crate) who: Who,
    pub(crate) what: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    A,
    B,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// What was done to the router.
    Done(&'static str),
    /// Its state, and why.
    State(String, String),
    /// An advertisement with this priority.
    Advertisement(u8),
    /// So many announcements in a row.
    Announced(u32),
}

impl Timeline {
    /// Adds what was seen, prints it, and leaves out the advertisements that only go on.
    pub(crate) fn add(&mut self, at: Duration, who: Who, what: Seen) {
        let is_advertisement = |entry: &&Entry| matches!(entry.what, Seen::Advertisement(_));
        let before = self.entries.iter().rev().find(is_advertisement);
        let goes_on = before.is_some_and(|before| before.who == who && before.what == what);
        if !goes_on {
            let text = match &what {
                Seen::Done(what) => (*what).to_owned(),
                Seen::State(state, why) => format!("is {state} ({why})"),
                Seen::Advertisement(0) => "sends priority 0: it stops".into(),
                Seen::Advertisement(priority) => format!("advertises priority {priority}"),
                Seen::Announced(frames) => format!("announces the virtual IP ({frames} frames)"),
            };
            let name = if who == Who::A { "a" } else { "b        " };
            println!("{:>11.3} ms  {name} {text}", at.as_secs_f64() * 1e3);
        }
        self.entries.push(Entry { at, who, what });
    }
}

fn milliseconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}

/// A table for people.
pub(crate) fn table(rounds: &[Round]) -> String {
    let mut text = String::from("round     takeover      bound   overshoot    longest outage\n");
    for round in rounds {
        let (takeover, bound) = (milliseconds(round.takeover), milliseconds(round.bound));
        let overshoot = match round.kind {
            // Anywhere within the interval is right.
            Kind::Preempt => String::from("-"),
            _ => format!("{:.3} ms", takeover - bound),
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{:<8}{takeover:>7.3} ms {bound:>7.3} ms {overshoot:>11} {:>14.3} ms",
            round.kind.name(),
            milliseconds(round.outage),
        );
    }
    text
}

/// The same for programs.
pub(crate) fn json(mode: &str, rounds: &[Round]) -> Value {
    let rounds: Vec<Value> = rounds
        .iter()
        .map(|round| {
            json!({
                "kind": round.kind.name(),
                "takeover_ms": milliseconds(round.takeover),
                "bound_ms": milliseconds(round.bound),
                "outage_ms": milliseconds(round.outage),
            })
        })
        .collect();
    json!({ "mode": mode, "rounds": rounds })
}
