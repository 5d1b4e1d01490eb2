use std::sync::LazyLock;

use proof::model::{Extent, Scenario, scenarios, walk};

static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| scenarios(Extent::Long));

/// A few machines with sets of routers, and one thing after the other that can happen to them: the first octet says to
/// whom, each other one what. What must always hold does. `cargo run -p proof --bin model -- --walk FILE` shows what
/// happens.
pub fn lan(octets: &[u8]) {
    let Some(walked) = walk(&SCENARIOS, octets) else { return };
    if let Some((property, what)) = walked.violated {
        panic!("{}: {property}: {what}", walked.scenario);
    }
}
