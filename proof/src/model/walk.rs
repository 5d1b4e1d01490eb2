//! One way through the states of a scenario, chosen from outside.

use vrrp_fsm::Timestamp;

use super::scenarios::Scenario;
use super::state::{Budget, State, Step};
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

/// A way that was gone.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what is reported")]
pub struct Walked {
    /// Of this scenario.
    pub scenario: &'static str,
    /// What happened, and when.
    pub steps: Vec<(Timestamp, Step)>,
    /// The first property that does not hold, and what was seen.
    pub violated: Option<(Property, String)>,
}

/// Goes where the octets say: the first one to a scenario, each other one through one of what can happen then.
pub fn walk(scenarios: &[Scenario], octets: &[u8]) -> Option<Walked> {
    let (number, choices) = octets.split_first()?;
    let scenario = &scenarios[usize::from(*number) % scenarios.len()];
    let machines = scenario.routers.iter().map(|router| router.machine + 1).max().unwrap_or(0);
    let described = scenario.routers.clone().into();
    let mut state = State::new(&described, machines, scenario.delay, MUCH, None);
    let mut walked = Walked { scenario: scenario.name, steps: Vec::new(), violated: None };
    let mut steps = Vec::new();
    for choice in choices {
        steps.clear();
        state.steps(&mut steps);
        if steps.is_empty() {
            break;
        }
        let step = steps[usize::from(*choice) % steps.len()];
        walked.steps.push((state.now(), step));
        state.perform(step);
        if let Some(property) = state.violated().iter().next() {
            walked.violated = Some((property, state.violations()));
            break;
        }
    }
    Some(walked)
}
