//! Each property is violated by a mistake, and both the model and the simulation find that. The table of it is part of the
//! documentation.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proof::model::{Extent, Lan, scenarios};
use proof::pools::{Claim, Slip};
use proof::simulation::{Plan, run};
use proof::{DOWN, Mistake, Property};

/// The first scenario whose states violate the property, and how many steps that takes.
fn by_model(mistake: Mistake, property: Property) -> Option<(&'static str, usize)> {
    scenarios(Extent::Small).into_iter().find_map(|scenario| {
        let covered = Lan::new(&scenario, Some(mistake)).seek(property).check(1);
        let (_, steps, _) = covered.violations.into_iter().next()?;
        Some((scenario.name, steps.len()))
    })
}

/// The first seed that violates it.
fn by_simulation(mistake: Mistake, property: Property) -> Option<u64> {
    (0..2000).find(|seed| run(&Plan::new(*seed), None, Some(mistake), false).violated.has(property))
}

/// The same of pools, which the simulation alone looks at here; `healthcheck`'s own tests are the other layer.
fn pools() -> String {
    let mut text = String::from(
        "\n## Pools\n\nOf pools and their checks the simulation looks at these, and `healthcheck`'s own tests do.\n\n\
         | property | what must always hold |\n|---|---|\n",
    );
    for claim in Claim::ALL {
        let _ = writeln!(text, "| `{claim}` | {} |", claim.words());
    }
    text += "\n| mistake | violates | simulation |\n|---|---|---|\n";
    for (slip, claim) in Slip::ALL {
        let is_found = |seed: &u64| {
            proof::pools::run(*seed, Some(slip)).is_some_and(|(violated, ..)| violated == claim)
        };
        let seed = (0..2000).find(is_found);
        let seed = seed.unwrap_or_else(|| panic!("{slip:?} does not violate {claim}"));
        let _ = writeln!(text, "| `{slip:?}` | `{claim}` | seed {seed} |");
    }
    text
}

#[test]
fn every_mistake_is_found_by_two_layers() {
    let mut text = format!(
        "# Properties\n\nWritten by `BLESS=1 cargo test -p proof --test mistakes`.\n\n\
         {DOWN}\n\n| property | what must always hold | where it is demanded |\n|---|---|---|\n",
    );
    for property in Property::ALL {
        let _ = writeln!(text, "| `{property}` | {} | {} |", property.words(), property.source());
    }
    text += "\nEach mistake is made on purpose, between the real state machine and its driver or in its configuration. The model \
             looks for the shortest way to a violation, the simulation for the first seed.\n\n\
             | mistake | violates | model | simulation |\n|---|---|---|---|\n";
    let mut missed = Vec::new();
    for (mistake, property) in Mistake::ALL {
        let (model, simulation) = (by_model(mistake, property), by_simulation(mistake, property));
        let model_words =
            model.map_or("no".to_owned(), |(name, steps)| format!("{name}, {steps} steps"));
        let seed = simulation.map_or("no".to_owned(), |seed| format!("seed {seed}"));
        let _ = writeln!(text, "| `{mistake}` | `{property}` | {model_words} | {seed} |");
        if model.is_none() || simulation.is_none() {
            missed.push((mistake, property, model, simulation));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}\n{text}");
    text += "\nMistakes about whose packets are taken need forged ones, which the simulation alone has.\n\n\
             | mistake | violates | simulation |\n|---|---|---|\n";
    for mistake in Mistake::OF_RECEIVING {
        let property = Property::RejectedMovesNothing;
        let seed = by_simulation(mistake, property);
        let seed = seed.unwrap_or_else(|| panic!("{mistake} does not violate {property}"));
        let _ = writeln!(text, "| `{mistake}` | `{property}` | seed {seed} |");
    }
    text += &pools();
    let seeded = |property| Mistake::ALL.iter().any(|(_, violated)| *violated == property);
    let bare: Vec<Property> =
        Property::ALL.into_iter().filter(|property| !seeded(*property)).collect();
    assert!(bare.is_empty(), "no mistake violates {bare:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("PROPERTIES.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "run with BLESS=1");
}
