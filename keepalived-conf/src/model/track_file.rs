//! `track_file`: a number in a file.

use super::track::Weight;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Section, Value};

/// A file whose number changes priorities.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackFile {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// The file; its number is at its beginning.
    pub path: String,
    /// What the number is multiplied with where nothing else is said.
    pub weight: Weight,
    /// `init_file`: what is written to it at the start.
    pub init: Option<TrackFileInit>,
}

/// `init_file`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackFileInit {
    /// The number.
    pub value: i32,
    /// `overwrite`: even if the file is there.
    pub overwrites: bool,
}

impl TrackFile {
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Some(path) = section.text("file") else {
            let message = format!("track_file {name} has no file");
            diagnostics.error(span, message, "write file PATH");
            return None;
        };
        let weight = section.get("weight").and_then(|entry| Weight::of(entry.values()?));
        Some(Self {
            name: name.to_owned(),
            span,
            path: path.to_owned(),
            weight: weight.unwrap_or(Weight { value: 1, is_reversed: false }),
            init: init(section, diagnostics),
        })
    }
}

fn init(section: &Section, diagnostics: &mut Diagnostics) -> Option<TrackFileInit> {
    let entry = section.get("init_file")?;
    let values = entry.values()?;
    let value: Option<i32> =
        values.at(0).and_then(Value::integer).and_then(|value| value.try_into().ok());
    let init =
        TrackFileInit { value: value.unwrap_or_default(), overwrites: values.has("overwrite") };
    if !(-254..=254).contains(&init.value) {
        let message = format!("init_file is {}", init.value);
        diagnostics.warn(entry.span, message, "priorities differ by 254 at most");
    }
    Some(init)
}
