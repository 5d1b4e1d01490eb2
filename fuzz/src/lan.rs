use std::sync::LazyLock;

use proof::model::{Extent, Scenario, scenarios, walk};

static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| scenarios(Extent::Long));

/// A few machines with sets of routers, and one thing after the other that can happen to them: the first octet says to
/// whom, each other one what. What must always hold does.
pub fn lan(octets: &[u8]) {
    let Some((number, choices)) = octets.split_first() else { return };
    let scenario = &SCENARIOS[usize::from(*number) % SCENARIOS.len()];
    if let Some((property, what)) = walk(scenario, choices) {
        panic!("{}: {property}: {what}", scenario.name);
    }
}
