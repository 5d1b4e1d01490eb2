use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use vrrp_fsm::proto::{Centiseconds, ErrorKind, Priority, Vrid};
use vrrp_fsm::{
    Action, Announcements, Config, Event, Fault, Input, RouterSet, State, Timestamp, VirtualRouter,
};

#[derive(Arbitrary, Debug)]
enum Step {
    Startup,
    Shutdown,
    Wake,
    Sleep(u32),
    SleepToDeadline,
    BackInTime(u32),
    Address(Option<u8>),
    Heard { priority: u8, from: u8, interval: u16, addresses: u8 },
    Rejected,
    Priority(u8),
    Fault(bool),
    Recovered(bool),
    Lost,
    Failed(u8),
    Reconfigure { priority: u8, interval: u16, addresses: u8, refresh: u16 },
}

fn config(priority: u8, interval: u16, addresses: u8, refresh: u16) -> Config {
    let addresses: Vec<_> =
        (0..addresses % 4 + 1).map(|last| Ipv4Addr::new(192, 0, 2, 100 + last)).collect();
    let interval = Centiseconds::new(interval % 4095 + 1).expect("1 to 4095");
    let priority = Priority::new(priority.max(1)).expect("1 to 255");
    Config::v3_ipv4(Vrid::new(51).expect("51 is a VRID"), priority, interval, addresses)
        .expect("the addresses are unicast and different")
        .announcements(Announcements {
            refresh: Duration::from_millis(refresh.into()),
            ..Announcements::default()
        })
}

/// Any sequence of inputs: the router and a set of one agree, what they ask for is in order, and the
/// next deadline lies ahead.
pub fn router(octets: &[u8]) {
    let mut input = Unstructured::new(octets);
    let mut router = VirtualRouter::new(config(100, 99, 1, 0));
    let mut set = RouterSet::new();
    set.insert((), router.clone()).expect("the set is empty");
    let mut now = Timestamp::EPOCH;
    let mut latest = now;
    let mut holds_addresses = false;
    while let Ok(step) = Step::arbitrary(&mut input) {
        if input.is_empty() {
            break;
        }
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let fault = |is_down| if is_down { Fault::InterfaceDown } else { Fault::Tracking };
        let sender;
        let advertisement;
        let is_packet = matches!(step, Step::Heard { .. } | Step::Rejected);
        let input = match step {
            Step::Startup => Input::Startup,
            Step::Shutdown => Input::Shutdown,
            Step::Wake => Input::Wake,
            Step::Sleep(microseconds) => {
                now = now + Duration::from_micros(microseconds.into());
                Input::Wake
            }
            Step::SleepToDeadline => {
                now = router.deadline().unwrap_or(now).max(now);
                Input::Wake
            }
            Step::BackInTime(microseconds) => {
                let back = Duration::from_micros(microseconds.into());
                now = Timestamp::from_epoch(now.since_epoch().saturating_sub(back));
                Input::Wake
            }
            Step::Address(last) => Input::PrimaryAddress(last.map(address)),
            Step::Heard { priority, from, interval, addresses } => {
                sender = VirtualRouter::new(config(1, interval, addresses, 0));
                advertisement = sender.advertisement(Priority::from_wire(priority));
                Input::Advertisement { source: address(from), advertisement: &advertisement }
            }
            Step::Rejected => Input::Rejected(ErrorKind::Checksum),
            Step::Priority(priority) => Input::SetPriority(Priority::from_wire(priority)),
            Step::Fault(is_down) => Input::Fault(fault(is_down)),
            Step::Recovered(is_down) => Input::Recovered(fault(is_down)),
            Step::Lost => Input::AddressesLost,
            Step::Failed(0) => Input::Failed(Action::AddAddresses),
            Step::Failed(1) => Input::Failed(Action::RemoveAddresses),
            Step::Failed(priority) => {
                Input::Failed(Action::Transmit(Priority::from_wire(priority)))
            }
            Step::Reconfigure { priority, interval, addresses, refresh } => {
                let config = config(priority, interval, addresses, refresh);
                let actions = router.reconfigure(now, config.clone()).expect("the same router");
                assert_eq!(set.reconfigure(now, &(), config), Some(Ok(actions)));
                apply(actions, &mut holds_addresses);
                Input::Wake
            }
        };
        let before = router.state();
        let actions = router.handle(now, input);
        assert_eq!(set.handle(now, &(), input), Some(actions));
        let told = apply(actions, &mut holds_addresses);
        latest = latest.max(now);
        assert_eq!(told.unwrap_or(before), router.state(), "every change of state is told");
        assert_eq!(holds_addresses, router.state() == State::Active);
        assert_eq!(set.deadline(), router.deadline());
        assert!(is_packet || router.deadline().is_none_or(|deadline| deadline > latest));
    }
}

/// Does what a driver would; returns the last state that was told.
fn apply(actions: vrrp_fsm::Actions, holds_addresses: &mut bool) -> Option<State> {
    let mut told = None;
    for action in actions {
        match action {
            Action::Transmit(priority) => assert!(!priority.is_stopped() || *holds_addresses),
            Action::AddAddresses => *holds_addresses = true,
            Action::RemoveAddresses => *holds_addresses = false,
            Action::ReplaceAddresses | Action::Announce(_) => assert!(*holds_addresses),
            Action::Notify(Event::StateChanged { to, .. }) => told = Some(to),
            Action::Notify(_) => {}
        }
    }
    told
}
