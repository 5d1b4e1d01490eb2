//! The simulation is one that can be trusted: one seed is one run, and what is left of a failure still fails.

use proof::simulation::{Plan, run, shrink};
use proof::{Authenticates, Delivery, Mistake, Property};

#[test]
fn one_seed_is_one_run_to_the_octet() {
    for seed in 0..40 {
        let (first, second) = (Plan::new(seed), Plan::new(seed));
        let (first, second) = (run(&first, None, None, true), run(&second, None, None, true));
        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert_eq!(first.timeline, second.timeline, "seed {seed}");
        assert!(!first.timeline.is_empty(), "seed {seed}");
    }
    let digest = |seed| run(&Plan::new(seed), None, None, false).digest;
    assert_ne!(digest(1), digest(2));
}

#[test]
fn seeds_are_as_they_should_be() {
    for seed in 0..300 {
        let report = run(&Plan::new(seed), None, None, false);
        assert!(report.violated.is_empty(), "seed {seed}: {:?}", report.violations);
    }
}

#[test]
fn pools_are_as_they_should_be() {
    for seed in 0..500 {
        assert_eq!(proof::pools::run(seed, None), None, "seed {seed}");
    }
}

/// Everything that can happen does, in some seed.
#[test]
fn seeds_have_everything() {
    let mut seen: Vec<String> = Vec::new();
    let (mut large, mut groups, mut unicast, mut proved) = (0, 0, 0, 0);
    let mut versions = [0; 3];
    for seed in 0..300 {
        let plan = Plan::new(seed);
        large += usize::from(plan.described().len() > 100);
        for router in plan.described() {
            groups += usize::from(router.group.is_some());
            unicast += usize::from(router.delivery != Delivery::Multicast);
            proved += usize::from(router.authentication == Authenticates::Header);
            let version = match router.interval {
                vrrp_fsm::proto::Interval::V2(_) => 0,
                vrrp_fsm::proto::Interval::V3(_) => 1 + usize::from(router.key.1),
            };
            versions[version] += 1;
        }
        let words = plan.steps().iter().map(|(_, change)| format!("{change:?}"));
        seen.extend(words.filter_map(|words| Some(words.split(' ').next()?.to_owned())));
        seen.sort();
        seen.dedup();
    }
    assert_eq!(seen.len(), 15, "{seen:?}");
    assert!(
        large > 1 && groups > 20 && unicast > 100 && proved > 100,
        "{large} {groups} {unicast} {proved}"
    );
    assert!(versions.iter().all(|count| *count > 100));
}

#[test]
fn what_is_left_of_a_failure_still_fails_and_needs_every_step() {
    let (mistake, property) = (Some(Mistake::AlwaysPreempts), Property::PreemptMode);
    let is_wrong =
        |plan: &Plan, kept: &[usize]| run(plan, Some(kept), mistake, false).violated.has(property);
    let plans = (0..200).map(Plan::new);
    let wrong = plans.filter(|plan| run(plan, None, mistake, false).violated.has(property));
    for plan in wrong.take(5) {
        let kept = shrink(&plan, mistake, property);
        assert!(is_wrong(&plan, &kept) && kept.len() < plan.steps().len());
        for left_out in 0..kept.len() {
            let fewer = [&kept[..left_out], &kept[left_out + 1..]].concat();
            assert!(!is_wrong(&plan, &fewer), "{kept:?} without {left_out}");
        }
    }
}
