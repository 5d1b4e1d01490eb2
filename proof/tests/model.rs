//! Every state of a few routers.

use std::thread::available_parallelism;

use proof::model::{Extent, Lan, scenarios};

#[test]
fn every_state_of_a_few_routers_is_as_it_should_be() {
    let threads = available_parallelism().map_or(1, usize::from);
    for scenario in scenarios(Extent::Usual) {
        let covered = Lan::new(&scenario, None).check(threads);
        assert!(covered.violations.is_empty(), "{}: {:?}", scenario.name, covered.violations);
        // The budgets are not so small that nothing happens.
        assert!(covered.states > 2000, "{}: {} states", scenario.name, covered.states);
    }
}
