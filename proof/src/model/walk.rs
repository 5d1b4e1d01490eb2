//! One way through the states of a scenario, chosen from outside.

use super::scenarios::Scenario;
use super::state::{Budget, State};
use crate::property::Property;

/// So much may happen that a way never runs out of it.
const MUCH: Budget = Budget {
    losses: u8::MAX,
    duplicates: u8::MAX,
    damages: u8::MAX,
    powers: u8::MAX,
    pauses: u8::MAX,
    tracks: u8::MAX,
    links: u8::MAX,
};

/// Goes where the choices say, each by one octet; the first property that does not hold on the way, and what was seen.
pub fn walk(scenario: &Scenario, choices: &[u8]) -> Option<(Property, String)> {
    let machines = scenario.routers.iter().map(|router| router.machine + 1).max().unwrap_or(0);
    let described = scenario.routers.clone().into();
    let mut state = State::new(&described, machines, scenario.delay, MUCH, None);
    let mut steps = Vec::new();
    for choice in choices {
        steps.clear();
        state.steps(&mut steps);
        if steps.is_empty() {
            return None;
        }
        state.perform(steps[usize::from(*choice) % steps.len()]);
        if let Some(property) = state.violated().iter().next() {
            return Some((property, state.violations()));
        }
    }
    None
}
