//! What is tracked, and what it does to a priority.

use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Section, Value, Values};

/// A line of `track_interface` or `track_script`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Track {
    /// The name of what is tracked.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// What it does to the priority; `None` where nothing is said.
    pub weight: Option<Weight>,
}

/// What a tracked item does to the priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Weight {
    /// −254 to 254; 0 makes a failure a fault.
    pub value: i16,
    /// `reverse`.
    pub is_reversed: bool,
}

impl Weight {
    pub(super) fn of(values: &Values) -> Option<Self> {
        let value = values.at(0)?.integer()?;
        Some(Self { value: value.try_into().ok()?, is_reversed: values.has("reverse") })
    }
}

/// The tracked items of a block.
pub(super) fn tracks(
    section: &Section,
    keyword: &str,
    diagnostics: &mut Diagnostics,
) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for line in section.lines(keyword) {
        let Some(name) = line.at(0).and_then(Value::text) else { continue };
        if tracks.iter().any(|track| track.name == name) {
            let message = format!("{name} is tracked twice");
            diagnostics.error(line.span, message, "the second line is left out");
            continue;
        }
        let value = line.option("weight").and_then(Value::integer);
        let weight = value.and_then(|value| i16::try_from(value).ok());
        let is_reversed = line.has("reverse");
        let weight = match weight {
            Some(value) => Some(Weight { value, is_reversed }),
            None if is_reversed => Some(Weight { value: 0, is_reversed }),
            None => None,
        };
        tracks.push(Track { name: name.to_owned(), span: line.span, weight });
    }
    tracks
}
