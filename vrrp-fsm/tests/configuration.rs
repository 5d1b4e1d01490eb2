//! What a configuration and a router say of themselves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use vrrp_fsm::proto::{Addresses, Centiseconds, Priority, Vrid};
use vrrp_fsm::{Cause, Config, Input, State, Timestamp, VirtualRouter};

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
