//! The timeline as a picture: a lane for each router, bars while it is active, ticks for its
//! advertisements, and the client's outages.

use std::fmt::Write;
use std::time::Duration;

use crate::report::{Entry, Outcome, Seen, Timeline, Who};

const LEFT: f64 = 70.0;
const WIDTH: f64 = 1400.0;
const LANE: f64 = 70.0;

pub(crate) fn draw(timeline: &Timeline, outcome: &Outcome) -> String {
    let end = timeline.entries.last().map_or(Duration::ZERO, |entry| entry.at);
    let scale = WIDTH / end.as_secs_f64().max(1e-3);
    let x = |at: Duration| LEFT + at.as_secs_f64() * scale;
    let mut body = String::new();
    let mut add = |element: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = writeln!(body, "{element}");
    };
    for round in &outcome.rounds {
        let (from, width) = (x(round.at), round.outage.as_secs_f64() * scale);
        if !round.outage.is_zero() {
            add(format_args!(
                r##"<rect x="{from:.1}" y="30" width="{width:.1}" height="{:.0}" fill="#d33" opacity="0.25"/>"##,
                2.0 * LANE
            ));
        }
        add(format_args!(
            r##"<text x="{from:.1}" y="22" font-size="10" fill="#555">{}</text>"##,
            round.kind.name()
        ));
    }
    for (number, who) in [(0.0, Who::A), (1.0, Who::B)] {
        let middle = 30.0 + LANE * (number + 0.5);
        let name = if who == Who::A { "a (200)" } else { "b (100)" };
        add(format_args!(r#"<text x="5" y="{:.0}" font-size="13">{name}</text>"#, middle + 4.0));
        for (from, to) in active(&timeline.entries, who, end) {
            add(format_args!(
                r##"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="16" fill="#2a7"/>"##,
                x(from),
                middle - 8.0,
                (x(to) - x(from)).max(0.5)
            ));
        }
        for entry in timeline.entries.iter().filter(|entry| entry.who == who) {
            let (color, height) = match entry.what {
                Seen::Advertisement(0) => ("#d33", 26.0),
                Seen::Advertisement(_) => ("#024", 12.0),
                Seen::Announced(_) => ("#c80", 20.0),
                _ => continue,
            };
            let at = x(entry.at);
            add(format_args!(
                r#"<line x1="{at:.1}" x2="{at:.1}" y1="{:.1}" y2="{:.1}" stroke="{color}"/>"#,
                middle - height,
                middle + height
            ));
        }
    }
    let height = 30.0 + 2.0 * LANE;
    let seconds = (end.as_secs_f64() / 10.0).max(0.1);
    for tick in 0..=10 {
        let at = Duration::from_secs_f64(seconds * f64::from(tick));
        add(format_args!(
            r##"<text x="{:.1}" y="{:.0}" font-size="10" fill="#555">{:.1} s</text>"##,
            x(at),
            height + 14.0,
            at.as_secs_f64()
        ));
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" font-family=\"sans-serif\">\n\
         <title>green: active; dark ticks: advertisements; red ticks: priority 0; orange: announcements; \
         red bands: no answer for the client</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         {body}</svg>\n",
        LEFT + WIDTH + 40.0,
        height + 24.0
    )
}

/// From when to when a router was active.
fn active(entries: &[Entry], who: Who, end: Duration) -> Vec<(Duration, Duration)> {
    let mut spans = Vec::new();
    let mut since = None;
    for entry in entries.iter().filter(|entry| entry.who == who) {
        let is_active = match &entry.what {
            Seen::State(state, _) => state == "Active",
            Seen::Done(what) if what.contains("killed") => false,
            _ => continue,
        };
        match (since, is_active) {
            (None, true) => since = Some(entry.at),
            (Some(from), false) => {
                spans.push((from, entry.at));
                since = None;
            }
            _ => {}
        }
    }
    spans.extend(since.map(|from| (from, end)));
    spans
}
