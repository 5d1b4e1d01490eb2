//! The simulation is one that can be trusted: one seed is one run, and what is left of a failure still fails.

use std::collections::BTreeSet;

use proof::simulation::{Change, Plan, run, shrink};
use proof::{Delivery, Mistake, Property};
use vrrp_fsm::proto::Authentication;

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

/// Everything that can happen does, in some seed, and all kinds of routers are there.
#[test]
fn seeds_have_everything() {
    let (mut changes, mut wrongs) = (BTreeSet::new(), BTreeSet::new());
    let (mut large, mut groups, mut unicast, mut far) = (0, 0, 0, 0);
    let (mut versions, mut proved) = ([0; 3], [0; 3]);
    for seed in 0..300 {
        let plan = Plan::new(seed);
        large += usize::from(plan.described().iter().any(|router| router.machine > 50));
        for router in plan.described() {
            groups += usize::from(router.group.is_some());
            if let Delivery::Unicast { least_hop_limit } = router.delivery {
                unicast += 1;
                far += usize::from(least_hop_limit < 255);
            }
            proved[match router.authentication {
                Authentication::None => 0,
                Authentication::Password(_) => 1,
                Authentication::AuthenticationHeader(_) => 2,
            }] += 1;
            let version = match router.interval {
                vrrp_fsm::proto::Interval::V2(_) => 0,
                vrrp_fsm::proto::Interval::V3(_) => 1 + usize::from(router.key.1),
            };
            versions[version] += 1;
        }
        for (_, change) in plan.steps() {
            let words = format!("{change:?}");
            changes.insert(words.split(' ').next().unwrap_or_default().to_owned());
            if let Change::Forged { wrong, .. } = change {
                wrongs.insert(format!("{wrong:?}"));
            }
        }
    }
    assert_eq!(changes.len(), 15, "{changes:?}");
    assert_eq!(wrongs.len(), 9, "{wrongs:?}");
    assert!(large > 2 && groups > 20 && unicast > 100 && far > 100);
    assert!(versions.iter().chain(&proved).all(|count| *count > 100), "{versions:?} {proved:?}");
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
