//! Two things in one moment, and moments that are far away.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use vrrp_fsm::proto::{Centiseconds, Priority, Vrid};
use vrrp_fsm::{Action, Config, Fault, Input, State, Timestamp, VirtualRouter};

const VIRTUAL: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);

fn ipv4(priority: u8) -> Config {
    let priority = Priority::new(priority).unwrap();
    Config::v3_ipv4(Vrid::new(51).unwrap(), priority, Centiseconds::DEFAULT, [VIRTUAL]).unwrap()
}

/// In the very moment in which a startup delay ends, it holds no longer: what was heard then counts.
#[test]
fn another_configuration_at_the_end_of_a_delay_is_one_without_delay() {
    let delay = Duration::from_secs(5);
    let config = ipv4(100).startup_delay(delay);
    let mut router = VirtualRouter::new(config.clone());
    let now = Timestamp::EPOCH;
    let _ = router.handle(now, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let _ = router.handle(now, Input::Startup);
    assert_eq!(router.deadline(), Some(now + delay + Duration::from_micros(3_609_375)));
    let other = VirtualRouter::new(ipv4(200));
    let advertisement = &other.advertisement(Priority::STOPPED);
    let source = IpAddr::from([192, 0, 2, 2]);
    let _ = router.handle(now + delay, Input::Advertisement { source, advertisement });
    let skew = Some(now + delay + Duration::from_micros(609_375));
    assert_eq!(router.deadline(), skew);
    let _ = router.reconfigure(now + delay, config).unwrap();
    assert_eq!(router.deadline(), skew);
}

/// A deadline after the last moment lies ahead of it. A span whose nanoseconds do not fit is as long as can be: this one
/// would otherwise be less than a second.
#[test]
fn time_ends_and_does_not_begin_anew() {
    let wraps = Duration::from_secs(u64::MAX / 1_000_000_000 + 1);
    let last = Timestamp::from_epoch(wraps);
    assert_eq!(last, Timestamp::from_epoch(Duration::from_nanos(u64::MAX)));
    assert!(last < last + Duration::from_secs(1));
    let end = Timestamp::EPOCH + wraps;
    assert_eq!(end.since_epoch(), Duration::from_nanos(u64::MAX));
    assert_eq!(end + Duration::from_secs(1), end);
    assert_eq!(last + wraps, end);
}

fn started(config: Config) -> VirtualRouter {
    let mut router = VirtualRouter::new(config);
    let _ = router.handle(Timestamp::EPOCH, Input::PrimaryAddress(Some([192, 0, 2, 1].into())));
    let _ = router.handle(Timestamp::EPOCH, Input::Startup);
    router
}

/// What a machine lacks it lacks after a restart as well; addresses are tried again.
#[test]
fn a_router_that_stops_forgets_that_its_addresses_were_refused_and_nothing_else() {
    let now = Timestamp::EPOCH;
    let mut router = started(ipv4(255));
    assert_eq!(router.state(), State::Active);
    let _ = router.handle(now, Input::Failed(Action::AddAddresses));
    assert_eq!(router.state(), State::Fault);
    let _ = router.handle(now, Input::Shutdown);
    let _ = router.handle(now, Input::Startup);
    assert_eq!(router.state(), State::Active);
    let _ = router.handle(now, Input::Fault(Fault::InterfaceDown));
    let _ = router.handle(now, Input::Shutdown);
    let _ = router.handle(now, Input::Startup);
    assert_eq!(
        (router.state(), router.faults().collect()),
        (State::Fault, vec![Fault::InterfaceDown])
    );
}

/// An answer in the moment in which the next advertisement is due is that advertisement.
#[test]
fn an_answer_that_is_due_anyway_is_sent_once() {
    let mut router = started(ipv4(200));
    let takes_over = router.deadline().unwrap();
    let _ = router.handle(takes_over, Input::Wake);
    assert_eq!(router.state(), State::Active);
    // Announcements are repeated before.
    let due = takes_over + Duration::from_secs(1);
    let lower = VirtualRouter::new(ipv4(100));
    let advertisement = &lower.advertisement(Priority::new(100).unwrap());
    let source = IpAddr::from([192, 0, 2, 2]);
    let is_sent = |actions: vrrp_fsm::Actions| {
        actions.into_iter().any(|action| matches!(action, Action::Transmit(_)))
    };
    assert!(is_sent(router.handle(due, Input::Advertisement { source, advertisement })));
    assert!(!is_sent(router.handle(due, Input::Wake)));
    let next = due + Duration::from_secs(1);
    assert!(is_sent(router.handle(next, Input::Wake)));
}
