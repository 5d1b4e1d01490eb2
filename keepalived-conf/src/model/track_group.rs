//! `track_group`: instances that static addresses, routes and rules concern.

use super::{AddressLine, Instance, RouteLine, RuleLine};
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::Section;

/// Instances that fail when what names the group goes away.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackGroup {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// The names of its instances.
    pub members: Vec<String>,
}

impl TrackGroup {
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        instances: &[Instance],
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut members: Vec<String> = Vec::new();
        for member in section.names("group") {
            if instances.iter().all(|instance| instance.name != member.text) {
                let message = format!("track_group {name} names {}", member.text);
                diagnostics.error(member.span, message, "there is no such vrrp_instance");
            } else if !members.contains(&member.text) {
                members.push(member.text.clone());
            }
        }
        if members.is_empty() {
            let message = format!("track_group {name} has no member");
            diagnostics.error(span, message, "write group { INSTANCE … }");
            return None;
        }
        Some(Self { name: name.to_owned(), span, members })
    }
}

/// A line that may name a group.
pub(super) trait Groupable {
    fn group(&mut self) -> &mut Option<String>;
    fn span(&self) -> Span;
    /// What it has to have as well.
    fn lacks(&self) -> Option<&'static str>;
}

impl Groupable for AddressLine {
    fn group(&mut self) -> &mut Option<String> {
        &mut self.track_group
    }

    fn span(&self) -> Span {
        self.span
    }

    fn lacks(&self) -> Option<&'static str> {
        None
    }
}

impl Groupable for RouteLine {
    fn group(&mut self) -> &mut Option<String> {
        &mut self.track_group
    }

    fn span(&self) -> Span {
        self.span
    }

    fn lacks(&self) -> Option<&'static str> {
        self.device.is_none().then_some("write dev INTERFACE as well; it is not tracked")
    }
}

impl Groupable for RuleLine {
    fn group(&mut self) -> &mut Option<String> {
        &mut self.track_group
    }

    fn span(&self) -> Span {
        self.span
    }

    fn lacks(&self) -> Option<&'static str> {
        self.incoming.is_none().then_some("write iif INTERFACE as well; it is not tracked")
    }
}

/// Takes away the groups that are not there, and those of lines that cannot be tracked.
pub(super) fn check_groups(
    lines: &mut [impl Groupable],
    groups: &[TrackGroup],
    diagnostics: &mut Diagnostics,
) {
    for line in lines {
        let (span, lacks) = (line.span(), line.lacks());
        let Some(name) = line.group().take() else { continue };
        if groups.iter().all(|group| group.name != name) {
            let message = format!("there is no track_group {name}");
            diagnostics.error(span, message, "it is not tracked");
        } else if let Some(help) = lacks {
            let message = format!("track_group is {name}, and no interface is named");
            diagnostics.error(span, message, help);
        } else {
            *line.group() = Some(name);
        }
    }
}

/// What an instance has concerns that instance anyhow.
pub(super) fn refuse_group(line: &mut impl Groupable, diagnostics: &mut Diagnostics) {
    let span = line.span();
    if let Some(name) = line.group().take() {
        let message = format!("track_group is {name}");
        let help = "only static addresses, routes and rules have one; remove it";
        diagnostics.error(span, message, help);
    }
}
