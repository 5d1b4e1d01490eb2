//! A snapshot does not depend on when it is taken, and differs when something that decides does.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::prelude::*;
use vrrp_fsm::proto::{Centiseconds, ErrorKind, Priority, Vrid};
use vrrp_fsm::{
    Announcements, Config, Fault, GroupId, Input, RouterSet, Snapshot, Timestamp, VirtualRouter,
};

fn config(priority: u8) -> Config {
    Config::v3_ipv4(
        Vrid::new(51).unwrap(),
        Priority::new(priority).unwrap(),
        Centiseconds::new(100).unwrap(),
        [Ipv4Addr::new(192, 0, 2, 100)],
    )
    .unwrap()
    .preempt_delay(Duration::from_secs(2))
    .startup_delay(Duration::from_millis(300))
    .yield_when_late(Priority::DEFAULT)
    .announcements(Announcements { refresh: Duration::from_secs(5), ..Default::default() })
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Startup,
    Shutdown,
    Address(bool),
    Heard(u8, u8),
    Priority(u8),
    Fault(bool),
    Rejected,
    Lost,
    Wake,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Startup),
        1 => Just(Step::Shutdown),
        2 => any::<bool>().prop_map(Step::Address),
        8 => (any::<u8>(), 1..5u8).prop_map(|(priority, from)| Step::Heard(priority, from)),
        1 => any::<u8>().prop_map(Step::Priority),
        2 => any::<bool>().prop_map(Step::Fault),
        1 => Just(Step::Rejected),
        1 => Just(Step::Lost),
        9 => Just(Step::Wake),
    ]
}

fn give(router: &mut VirtualRouter, now: Timestamp, step: Step) -> vrrp_fsm::Actions {
    let sender = VirtualRouter::new(config(1));
    match step {
        Step::Startup => router.handle(now, Input::Startup),
        Step::Shutdown => router.handle(now, Input::Shutdown),
        Step::Address(is_there) => {
            router.handle(now, Input::PrimaryAddress(is_there.then(|| address(1))))
        }
        Step::Heard(priority, from) => {
            let advertisement = sender.advertisement(Priority::from_wire(priority));
            let source = address(from);
            router.handle(now, Input::Advertisement { source, advertisement: &advertisement })
        }
        Step::Priority(priority) => {
            router.handle(now, Input::SetPriority(Priority::from_wire(priority)))
        }
        Step::Fault(is_there) => {
            let fault = Fault::InterfaceDown;
            let input = if is_there { Input::Fault(fault) } else { Input::Recovered(fault) };
            router.handle(now, input)
        }
        Step::Rejected => router.handle(now, Input::Rejected(ErrorKind::Checksum)),
        Step::Lost => router.handle(now, Input::AddressesLost),
        Step::Wake => router.handle(now, Input::Wake),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn it_is_the_same_at_any_time_and_so_is_what_follows(
        steps in proptest::collection::vec((step(), 0..3000u64), 1..60),
        later in 0..100_000_000u64,
    ) {
        let (mut first, mut second) = (VirtualRouter::new(config(100)), VirtualRouter::new(config(100)));
        let later = Duration::from_millis(later);
        let mut elapsed = Duration::from_secs(1);
        for (step, milliseconds) in steps {
            elapsed += Duration::from_millis(milliseconds);
            let now = Timestamp::from_epoch(elapsed);
            prop_assert_eq!(first.snapshot(now), second.snapshot(now + later));
            let actions = give(&mut first, now, step);
            prop_assert_eq!(actions, give(&mut second, now + later, step));
            prop_assert_eq!(first.snapshot(now), second.snapshot(now + later));
        }
    }
}

/// What happened, each after so many milliseconds.
type History = Vec<(Step, u64)>;

/// Routers that came to equal snapshots in different ways go on alike, and so do late ones.
#[test]
fn who_is_equal_goes_on_alike() {
    const STEPS: [Step; 12] = [
        Step::Startup,
        Step::Shutdown,
        Step::Address(true),
        Step::Address(false),
        Step::Heard(150, 2),
        Step::Heard(100, 3),
        Step::Heard(0, 2),
        Step::Priority(50),
        Step::Priority(100),
        Step::Fault(true),
        Step::Fault(false),
        Step::Wake,
    ];
    let mut random = fastrand::Rng::with_seed(1);
    let mut known: BTreeMap<Snapshot, (VirtualRouter, Timestamp, History)> = BTreeMap::new();
    let mut pairs = 0;
    for _ in 0..40_000 {
        let mut router = VirtualRouter::new(config(100));
        let mut now = Timestamp::from_epoch(Duration::from_secs(1));
        let mut history = vec![(Step::Address(true), 0), (Step::Startup, 0)];
        // Of a grid, so that different ways meet; and often late.
        history.extend(
            (0..random.usize(1..8))
                .map(|_| (STEPS[random.usize(..STEPS.len())], 100 * random.u64(0..12))),
        );
        for (step, milliseconds) in &history {
            now = now + Duration::from_millis(*milliseconds);
            let _ = give(&mut router, now, *step);
        }
        // A packet moves no time on that is due: it may be late when it is looked at.
        now = now + Duration::from_millis(100 * random.u64(0..8));
        let snapshot = router.snapshot(now);
        let Some((other, then, way)) = known.get(&snapshot) else {
            known.insert(snapshot, (router, now, history));
            continue;
        };
        if *way == history {
            continue;
        }
        pairs += 1;
        for _ in 0..3 {
            let (mut first, mut second) = (router.clone(), other.clone());
            let mut elapsed = Duration::ZERO;
            for _ in 0..6 {
                let step = STEPS[random.usize(..STEPS.len())];
                let actions = give(&mut first, now + elapsed, step);
                assert_eq!(
                    actions,
                    give(&mut second, *then + elapsed, step),
                    "{history:?} {way:?}"
                );
                assert_eq!(first.snapshot(now + elapsed), second.snapshot(*then + elapsed));
                elapsed += Duration::from_millis(random.u64(..1500));
            }
        }
    }
    assert!(pairs > 5000, "{pairs} pairs");
}

/// It matters by how much a router is late.
#[test]
fn what_is_overdue_is_not_all_the_same() {
    let now = Timestamp::from_epoch(Duration::from_secs(1));
    let mut router = VirtualRouter::new(config(100).startup_delay(Duration::ZERO));
    let _ = give(&mut router, now, Step::Address(true));
    let _ = give(&mut router, now, Step::Startup);
    let late = |router: &VirtualRouter, milliseconds| {
        router.deadline().unwrap() + Duration::from_millis(milliseconds)
    };
    // A lower priority waits longer: 100 ms late it is Backup still, 300 ms late it takes over.
    let (first, second) = (late(&router, 100), late(&router, 300));
    assert_ne!(router.snapshot(first), router.snapshot(second));
    let state = |at| {
        let mut router = router.clone();
        let _ = give(&mut router, at, Step::Priority(50));
        router.state()
    };
    assert_ne!(state(first), state(second));
    // An Active router keeps its beat.
    let due = router.deadline().unwrap();
    let _ = give(&mut router, due, Step::Wake);
    let (first, second) = (late(&router, 100), late(&router, 300));
    assert_ne!(router.snapshot(first), router.snapshot(second));
}

#[test]
fn what_decides_is_in_it() {
    let now = Timestamp::from_epoch(Duration::from_secs(1));
    let started = || {
        let mut router = VirtualRouter::new(config(100));
        let _ = give(&mut router, now, Step::Address(true));
        let _ = give(&mut router, now, Step::Startup);
        router
    };
    let plain = started().snapshot(now);
    assert_eq!(plain, started().snapshot(now));
    // Time has passed: the timer is nearer.
    assert_ne!(plain, started().snapshot(now + Duration::from_millis(1)));
    let later = now + Duration::from_millis(400);
    for step in [
        Step::Shutdown,
        Step::Address(false),
        Step::Heard(150, 2),
        Step::Heard(50, 2),
        Step::Heard(0, 2),
        Step::Priority(99),
        Step::Fault(true),
    ] {
        let mut router = started();
        let _ = give(&mut router, later, step);
        assert_ne!(started().snapshot(later), router.snapshot(later), "{step:?}");
    }
    for step in [Step::Rejected, Step::Wake, Step::Lost] {
        let mut router = started();
        let _ = give(&mut router, later, step);
        assert_eq!(started().snapshot(later), router.snapshot(later), "{step:?}");
    }
}

#[test]
fn that_of_a_set_has_its_groups() {
    let now = Timestamp::from_epoch(Duration::from_secs(1));
    let set = |group: Option<GroupId>| {
        let mut set = RouterSet::new();
        for key in [1u8, 2] {
            set.insert(key, VirtualRouter::new(config(100))).unwrap();
            set.join(&key, group);
            let _ = set.handle(now, &key, Input::PrimaryAddress(Some(address(1))));
            let _ = set.handle(now, &key, Input::Startup);
        }
        set
    };
    assert_eq!(set(None).snapshot(now), set(None).snapshot(now));
    assert_eq!(set(Some(GroupId(1))).snapshot(now), set(Some(GroupId(1))).snapshot(now));
    assert_ne!(set(None).snapshot(now), set(Some(GroupId(1))).snapshot(now));
    assert_ne!(set(Some(GroupId(1))).snapshot(now), set(Some(GroupId(2))).snapshot(now));
    // One member misses something, and the other one has still to be told.
    let mut faulty = set(Some(GroupId(1)));
    let _ = faulty.handle(now, &1, Input::Fault(Fault::InterfaceDown));
    let pending = faulty.snapshot(now);
    while faulty.follow_up(now).is_some() {}
    assert_ne!(pending, faulty.snapshot(now));
}
