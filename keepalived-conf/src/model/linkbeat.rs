//! Interfaces whose link is polled, and those whose link has to last.

use std::time::Duration;

use super::Instance;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Section, Value};

/// A line of `linkbeat_interfaces`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Linkbeat {
    /// The interface.
    pub interface: String,
    /// Where it is written.
    pub span: Span,
    /// How its link is polled; the first way that works where nothing is said.
    pub method: Option<LinkbeatMethod>,
}

/// How a link is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkbeatMethod {
    /// `MII`: a register of the network card.
    Mii,
    /// `ETHTOOL`: the driver is asked.
    Ethtool,
    /// `IOCTL`: the flags of the interface.
    Ioctl,
}

/// A line of `interface_up_down_delays`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpDownDelay {
    /// The interface.
    pub interface: String,
    /// Where it is written.
    pub span: Span,
    /// How long its link has to be down to count as down.
    pub down: Duration,
    /// How long it has to be up to count as up; zero where nothing is said.
    pub up: Duration,
}

/// `linkbeat_interfaces`, and the interfaces of instances that say `linkbeat_use_polling`.
pub(super) fn linkbeats(
    tree: &Section,
    instances: &[Instance],
    diagnostics: &mut Diagnostics,
) -> Vec<Linkbeat> {
    let mut found: Vec<Linkbeat> = Vec::new();
    for line in tree.lines("linkbeat_interfaces") {
        let Some(interface) = line.at(0).and_then(Value::text) else { continue };
        if found.iter().any(|other| other.interface == interface) {
            is_there_twice(interface, line.span, diagnostics);
            continue;
        }
        let method = line.at(1).and_then(Value::text).map(|word| match word {
            "MII" => LinkbeatMethod::Mii,
            "ETHTOOL" => LinkbeatMethod::Ethtool,
            _ => LinkbeatMethod::Ioctl,
        });
        found.push(Linkbeat { interface: interface.to_owned(), span: line.span, method });
    }
    for instance in instances.iter().filter(|instance| instance.linkbeat_use_polling) {
        let Some(interface) = &instance.interface else { continue };
        if found.iter().all(|other| other.interface != *interface) {
            let (interface, span) = (interface.clone(), instance.span);
            found.push(Linkbeat { interface, span, method: None });
        }
    }
    found
}

/// `interface_up_down_delays`.
pub(super) fn up_down_delays(tree: &Section, diagnostics: &mut Diagnostics) -> Vec<UpDownDelay> {
    let mut found: Vec<UpDownDelay> = Vec::new();
    for line in tree.lines("interface_up_down_delays") {
        let Some(interface) = line.at(0).and_then(Value::text) else { continue };
        if found.iter().any(|other| other.interface == interface) {
            is_there_twice(interface, line.span, diagnostics);
            continue;
        }
        let delay = |place: usize| line.at(place).and_then(Value::duration).unwrap_or_default();
        found.push(UpDownDelay {
            interface: interface.to_owned(),
            span: line.span,
            down: delay(1),
            up: delay(2),
        });
    }
    found
}

fn is_there_twice(interface: &str, span: Span, diagnostics: &mut Diagnostics) {
    let message = format!("{interface} is there twice");
    diagnostics.error(span, message, "the second line is left out");
}
