//! Every state of a few routers.

use std::time::Instant;

use proof::model::{Lan, scenarios};

#[test]
fn every_state_of_a_few_routers_is_as_it_should_be() {
    let mut all = 0;
    for scenario in scenarios() {
        let begin = Instant::now();
        let covered = Lan::new(&scenario, None).check();
        println!(
            "{}: {} states, {} deep, {:?}",
            scenario.name,
            covered.states,
            covered.depth,
            begin.elapsed()
        );
        assert!(covered.violations.is_empty(), "{}: {:?}", scenario.name, covered.violations);
        all += covered.states;
    }
    println!("{all} states");
}
