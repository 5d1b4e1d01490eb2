//! What a configuration and a router say of themselves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use vrrp_fsm::proto::{
    AddressList, Addresses, Advertisement, Centiseconds, Interval, Priority, Seconds, Version, Vrid,
};
use vrrp_fsm::{
    Action, Cause, Config, ConfigError, Fault, Input, Occupied, RiseFall, RouterSet, Standing,
    State, Timestamp, Tracking, VirtualRouter, Weight, WeightOutOfRange,
};

const VIRTUAL: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x100);
const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x100);

fn ipv4(priority: u8) -> Config {
    let priority = Priority::new(priority).unwrap();
    Config::v3_ipv4(Vrid::new(51).unwrap(), priority, Centiseconds::DEFAULT, [VIRTUAL]).unwrap()
}

fn ipv6(addresses: &[Ipv6Addr]) -> Config {
    let vrid = Vrid::new(51).unwrap();
    Config::v3_ipv6(vrid, Priority::DEFAULT, Centiseconds::DEFAULT, addresses).unwrap()
}

#[test]
fn link_local_addresses_come_first_and_are_missed() {
    let config = ipv6(&[GLOBAL, LINK_LOCAL]);
    let Addresses::V6(list) = config.addresses() else { panic!("{config:?}") };
    assert_eq!(list.iter().collect::<Vec<_>>(), [LINK_LOCAL, GLOBAL]);
    assert!(!config.lacks_link_local());
    assert!(ipv6(&[GLOBAL]).lacks_link_local());
    assert!(!ipv4(100).lacks_link_local());
}

#[test]
fn packets_are_accepted_by_accept_mode_and_by_the_owner() {
    assert!(ipv4(100).accepts());
    assert!(!ipv4(100).accept_mode(false).accepts());
    assert!(ipv4(255).accept_mode(false).accepts());
}

#[test]
fn a_router_says_what_it_runs_with() {
    let mut router = VirtualRouter::new(ipv4(100));
    let (now, address) = (Timestamp::EPOCH, IpAddr::from([192, 0, 2, 1]));
    assert_eq!((router.primary_address(), router.active_priority()), (None, None));
    let _ = router.handle(now, Input::PrimaryAddress(Some(address)));
    let _ = router.handle(now, Input::Startup);
    let _ = router.handle(now, Input::SetPriority(Priority::new(90).unwrap()));
    assert_eq!(router.priority().get(), 90);
    assert_eq!(router.config().priority().get(), 100);
    assert_eq!(router.primary_address(), Some(address));
    let deadline = router.deadline().unwrap();
    let actions = router.handle(deadline, Input::Wake);
    assert_eq!((router.state(), actions.len(), actions.is_empty()), (State::Active, 4, false));
    // What is told of them is what they are.
    let told = format!("{actions:?}");
    assert!(told.contains("Transmit") && told.contains("AddAddresses"), "{told}");
}

#[test]
fn counters_become_zero_and_what_is_not_counted_stays() {
    let mut router = VirtualRouter::new(ipv4(255));
    let now = Timestamp::from_epoch(Duration::from_secs(7));
    let _ = router.handle(now, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let _ = router.handle(now, Input::Startup);
    assert_eq!(router.stats().became_active, 1);
    router.clear_stats();
    assert_eq!((router.stats().became_active, router.stats().advertisements_sent), (0, 0));
    assert_eq!(router.stats().active_cause, Some(Cause::Owner));
    assert_eq!(router.stats().last_transition, Some(now));
}

#[test]
fn a_router_without_addresses_only_elects() {
    let vrid = Vrid::new(51).unwrap();
    let without =
        |interval, is_ipv6| Config::without_addresses(vrid, Priority::DEFAULT, interval, is_ipv6);
    let (v2, v3) = (Interval::V2(Seconds::DEFAULT), Interval::V3(Centiseconds::DEFAULT));
    for (interval, is_ipv6, version) in
        [(v2, false, Version::V2), (v3, false, Version::V3), (v3, true, Version::V3)]
    {
        let config = without(interval, is_ipv6).unwrap();
        assert!(config.only_elects() && config.addresses().is_empty());
        assert_eq!((config.version(), config.is_ipv6()), (version, is_ipv6));
        assert_eq!((config.interval(), config.vrid()), (interval, vrid));
    }
    assert!(matches!(without(v2, true), Err(ConfigError::NoSuchVersion)));
    assert!(!ipv4(100).only_elects() && !ipv6(&[GLOBAL]).only_elects());
}

#[test]
fn what_no_router_can_have_is_refused() {
    let vrid = Vrid::new(51).unwrap();
    let of = |priority, addresses: &[Ipv4Addr]| {
        Config::v3_ipv4(vrid, priority, Centiseconds::DEFAULT, addresses)
    };
    assert!(matches!(of(Priority::STOPPED, &[VIRTUAL]), Err(ConfigError::Priority)));
    assert!(matches!(ipv4(100).with_priority(Priority::STOPPED), Err(ConfigError::Priority)));
    let twice = of(Priority::DEFAULT, &[VIRTUAL, VIRTUAL]);
    assert!(matches!(twice, Err(ConfigError::Duplicate(ip)) if ip == VIRTUAL), "{twice:?}");
    for wrong in [Ipv4Addr::new(224, 0, 0, 18), Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST] {
        let refused = of(Priority::DEFAULT, &[wrong]);
        assert!(matches!(refused, Err(ConfigError::NotUnicast(ip)) if ip == wrong), "{refused:?}");
    }
    let other = ipv4(100).with_priority(Priority::new(7).unwrap()).unwrap();
    assert_eq!(other.priority().get(), 7);
}

#[test]
fn faults_say_what_is_missing() {
    let all = [
        Fault::InterfaceDown,
        Fault::NoPrimaryAddress,
        Fault::Tracking,
        Fault::Group,
        Fault::NoPeer,
        Fault::AddressesRefused,
    ];
    let mut words: Vec<String> = all.iter().map(ToString::to_string).collect();
    words.sort();
    words.dedup();
    assert_eq!(words.len(), all.len());
    // Each is one of its own.
    for missing in all.into_iter().filter(|fault| *fault != Fault::NoPrimaryAddress) {
        let mut router = VirtualRouter::new(ipv4(100));
        let now = Timestamp::EPOCH;
        let _ = router.handle(now, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
        let _ = router.handle(now, Input::Fault(missing));
        assert_eq!(router.faults().collect::<Vec<_>>(), [missing]);
        let _ = router.handle(now, Input::Startup);
        assert_eq!(router.state(), State::Fault, "{missing}");
        let _ = router.handle(now, Input::Recovered(missing));
        assert_eq!((router.state(), router.faults().count()), (State::Backup, 0), "{missing}");
    }
}

#[test]
fn a_set_has_one_router_for_each_key() {
    let mut set = RouterSet::default();
    assert!(set.is_empty());
    let router = || VirtualRouter::new(ipv4(255));
    set.insert("a", router()).unwrap();
    assert_eq!(set.insert("a", router()), Err(Occupied));
    assert_eq!((set.len(), set.is_empty()), (1, false));
    let now = Timestamp::EPOCH;
    let _ = set.handle(now, &"a", Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let _ = set.handle(now, &"a", Input::Startup);
    assert_eq!(set.get(&"a").unwrap().stats().became_active, 1);
    set.clear_stats();
    assert_eq!(set.get(&"a").unwrap().stats().became_active, 0);
    let interval = set.get(&"a").unwrap().active_interval();
    assert_eq!(interval, Duration::from_secs(1));
    assert!(set.handle(now, &"b", Input::Wake).is_none());
    assert_eq!(set.remove(&"a").unwrap().state(), State::Active);
    assert!(set.remove(&"a").is_none() && set.is_empty());
}

#[test]
fn tracking_says_what_it_knows() {
    let weight = Weight::new(-30).unwrap();
    assert_eq!((weight.value(), weight.reversed().value()), (-30, -30));
    assert_eq!(Weight::new(255), Err(WeightOutOfRange(255)));
    let mut tracking = Tracking::new([("a", weight)]);
    assert!(tracking.set(&"a", Standing::Down));
    assert!(!tracking.set(&"a", Standing::Down) && !tracking.set(&"b", Standing::Down));
    assert_eq!(tracking.iter().collect::<Vec<_>>(), [(&"a", weight, Standing::Down)]);
    assert_eq!(Tracking::<u8>::default().verdict(Priority::DEFAULT).priority, Priority::DEFAULT);
    let two = std::num::NonZeroU32::new(2).unwrap();
    let counter = RiseFall::new(two, two);
    assert_eq!(counter.standing(), Standing::Unknown);
    assert_eq!(counter.risen().standing(), Standing::Up);
    assert_eq!(counter.failed().standing(), Standing::Down);
}

#[test]
fn addresses_of_ipv6_are_compared_too() {
    let hear = |own: &[Ipv6Addr], theirs: &[Ipv6Addr]| {
        let (now, mut router) = (Timestamp::EPOCH, VirtualRouter::new(ipv6(own)));
        let _ = router.handle(now, Input::PrimaryAddress(Some(LINK_LOCAL.into())));
        let _ = router.handle(now, Input::Startup);
        let sender = VirtualRouter::new(ipv6(theirs));
        let advertisement = sender.advertisement(Priority::new(200).unwrap());
        let source = IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 2]);
        let _ = router.handle(now, Input::Advertisement { source, advertisement: &advertisement });
        assert_eq!(router.active_priority().unwrap().get(), 200);
        router.stats().address_list_errors
    };
    assert_eq!(hear(&[LINK_LOCAL, GLOBAL], &[GLOBAL, LINK_LOCAL]), 0);
    assert_eq!(hear(&[LINK_LOCAL, GLOBAL], &[LINK_LOCAL]), 1);
}

#[test]
fn an_owner_by_reload_waits_for_its_startup_delay_and_no_longer() {
    let delay = Duration::from_secs(10);
    let owner = || ipv4(255).startup_delay(delay);
    let started = || {
        let mut router = VirtualRouter::new(ipv4(100).startup_delay(delay));
        let _ = router.handle(Timestamp::EPOCH, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
        let _ = router.handle(Timestamp::EPOCH, Input::Startup);
        router
    };
    let at = |seconds| Timestamp::from_epoch(Duration::from_secs(seconds));
    let mut router = started();
    let _ = router.reconfigure(at(4), owner()).unwrap();
    assert_eq!((router.state(), router.deadline()), (State::Backup, Some(at(10))));
    let _ = router.handle(at(10), Input::Wake);
    assert_eq!(router.state(), State::Active);
    // At its end it is over.
    let mut router = started();
    let _ = router.reconfigure(at(10), owner()).unwrap();
    assert_eq!(router.state(), State::Active);
}

/// A router of IPv4 with these virtual addresses hears another one with those.
fn lists_differ(own: &[u8], theirs: &[u8]) -> bool {
    let config = |last: &[u8]| {
        let addresses: Vec<_> = last.iter().map(|last| Ipv4Addr::new(192, 0, 2, *last)).collect();
        let vrid = Vrid::new(51).unwrap();
        Config::v3_ipv4(vrid, Priority::DEFAULT, Centiseconds::DEFAULT, addresses).unwrap()
    };
    let (now, mut router) = (Timestamp::EPOCH, VirtualRouter::new(config(own)));
    let _ = router.handle(now, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let _ = router.handle(now, Input::Startup);
    let addresses: Vec<_> = theirs.iter().map(|last| Ipv4Addr::new(192, 0, 2, *last)).collect();
    let list = AddressList::new(&addresses).unwrap();
    let (vrid, priority) = (Vrid::new(51).unwrap(), Priority::DEFAULT);
    let advertisement = Advertisement::v3_ipv4(vrid, priority, Centiseconds::DEFAULT, list);
    let source = IpAddr::from([192, 0, 2, 2]);
    let _ = router.handle(now, Input::Advertisement { source, advertisement: &advertisement });
    router.stats().address_list_errors == 1
}

#[test]
fn addresses_may_come_in_any_order_and_each_once() {
    assert!(!lists_differ(&[100, 101, 102], &[102, 100, 101]));
    assert!(lists_differ(&[100, 101, 102], &[100, 101]));
    assert!(lists_differ(&[100, 101], &[100, 101, 102]));
    // As many, and one of them twice.
    assert!(lists_differ(&[100, 101, 102], &[100, 101, 101]));
    assert!(lists_differ(&[100, 101], &[101, 101]));
    let many: Vec<u8> = (100..200).collect();
    let turned: Vec<u8> = many.iter().rev().copied().collect();
    assert!(!lists_differ(&many, &turned));
    let mut twice = turned.clone();
    twice[70] = twice[3];
    assert!(lists_differ(&many, &twice));
}

#[test]
fn what_is_none_of_its_own_is_counted() {
    let at = |milliseconds| Timestamp::from_epoch(Duration::from_millis(milliseconds));
    let config = ipv4(100).startup_delay(Duration::from_secs(1));
    let mut router = VirtualRouter::new(config);
    let _ = router.handle(at(0), Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let _ = router.handle(at(0), Input::Startup);
    let hear = |router: &mut VirtualRouter, now, vrid| {
        let list = [VIRTUAL];
        let list = AddressList::new(&list).unwrap();
        let (vrid, priority) = (Vrid::new(vrid).unwrap(), Priority::DEFAULT);
        let advertisement = Advertisement::v3_ipv4(vrid, priority, Centiseconds::DEFAULT, list);
        let source = IpAddr::from([192, 0, 2, 2]);
        let input = Input::Advertisement { source, advertisement: &advertisement };
        let _ = router.handle(now, input);
    };
    for _ in 0..2 {
        hear(&mut router, at(10), 52);
        hear(&mut router, at(999), 51);
    }
    assert_eq!(router.stats().vrid_errors, 2);
    assert_eq!(router.stats().discarded_at_startup, 2);
    assert_eq!(router.stats().advertisements_received, 0);
    hear(&mut router, at(1000), 51);
    assert_eq!(router.stats().advertisements_received, 1);
    // What could not be performed.
    for action in [
        Action::Transmit(Priority::DEFAULT),
        Action::Announce(std::num::NonZeroU8::MIN),
        Action::RemoveAddresses,
        Action::AddAddresses,
    ] {
        for _ in 0..2 {
            let _ = router.handle(at(1001), Input::Failed(action));
        }
    }
    let stats = router.stats();
    assert_eq!((stats.transmit_failures, stats.announce_failures), (2, 2));
    assert_eq!(stats.address_failures, 4);
}

#[test]
fn a_point_in_time_is_clamped_and_shown() {
    let last = Timestamp::from_epoch(Duration::MAX);
    assert_eq!(last, Timestamp::from_epoch(Duration::from_nanos(u64::MAX / 2)));
    assert!(Timestamp::from_epoch(Duration::from_nanos(u64::MAX / 2 - 1)) < last);
    // A deadline after the last moment lies ahead of it.
    assert!(last + Duration::from_secs(1) > last);
    assert!(Timestamp::EPOCH + Duration::MAX > last);
    assert_eq!(Timestamp::from_epoch(Duration::from_millis(1500)).to_string(), "1.5s");
}

#[test]
fn a_set_passes_another_configuration_on() {
    let mut set = RouterSet::new();
    set.insert(1, VirtualRouter::new(ipv4(100))).unwrap();
    let now = Timestamp::EPOCH;
    assert!(set.reconfigure(now, &2, ipv4(90)).is_none());
    assert!(set.reconfigure(now, &1, ipv6(&[GLOBAL])).unwrap().is_err());
    assert!(set.reconfigure(now, &1, ipv4(90)).unwrap().is_ok());
    assert_eq!(set.get(&1).unwrap().config().priority().get(), 90);
}

#[test]
fn news_that_could_not_be_told_change_nothing() {
    let mut router = VirtualRouter::new(ipv4(100));
    let now = Timestamp::EPOCH;
    let _ = router.handle(now, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let started = router.handle(now, Input::Startup);
    let news = started.into_iter().find(|action| matches!(action, Action::Notify(_))).unwrap();
    let before = (router.snapshot(now), *router.stats());
    assert!(router.handle(now, Input::Failed(news)).is_empty());
    assert_eq!((router.snapshot(now), *router.stats()), before);
}

/// No driver gives it such: the two families are two virtual routers.
#[test]
fn packets_of_the_other_family_are_of_another_router() {
    let mut router = VirtualRouter::new(ipv4(100).check_addresses(true));
    let now = Timestamp::EPOCH;
    let _ = router.handle(now, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let _ = router.handle(now, Input::Startup);
    let other = ipv6(&[LINK_LOCAL]);
    let Addresses::V6(list) = other.addresses() else { panic!("{other:?}") };
    let interval = Centiseconds::DEFAULT;
    let advertisement =
        Advertisement::v3_ipv6(Vrid::new(51).unwrap(), Priority::DEFAULT, interval, list);
    let source = IpAddr::from([192, 0, 2, 2]);
    let input = Input::Advertisement { source, advertisement: &advertisement };
    let before = router.snapshot(now);
    assert!(router.handle(now, input).is_empty());
    assert_eq!(router.snapshot(now), before);
    assert_eq!(router.stats().version_errors, 1);
}
