//! What holds after any sequence of inputs.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::prelude::*;
use vrrp_fsm::proto::{Centiseconds, ErrorKind, Priority, Vrid};
use vrrp_fsm::{
    Action, Announcements, Config, Event, Fault, Input, State, Timestamp, VirtualRouter,
};

#[derive(Clone, Debug)]
enum Step {
    Startup,
    Shutdown,
    Address(Option<u8>),
    Heard { priority: u8, from: u8, interval: u16, other_addresses: bool },
    Rejected,
    Priority(u8),
    Fault(bool),
    Recovered(bool),
    Lost,
    Failed,
    Reconfigure { priority: u8, interval: u16, addresses: u8 },
    Wake,
}

fn step() -> impl Strategy<Value = Step> {
    let heard = (any::<u8>(), 1..5u8, 1..300u16, any::<bool>()).prop_map(
        |(priority, from, interval, other_addresses)| Step::Heard {
            priority,
            from,
            interval,
            other_addresses,
        },
    );
    let reconfigure = (1..=255u8, 1..300u16, 1..4u8).prop_map(|(priority, interval, addresses)| {
        Step::Reconfigure { priority, interval, addresses }
    });
    prop_oneof![
        4 => Just(Step::Startup),
        1 => Just(Step::Shutdown),
        1 => proptest::option::of(1..5u8).prop_map(Step::Address),
        12 => heard,
        2 => Just(Step::Rejected),
        2 => any::<u8>().prop_map(Step::Priority),
        1 => any::<bool>().prop_map(Step::Fault),
        2 => any::<bool>().prop_map(Step::Recovered),
        1 => Just(Step::Lost),
        1 => Just(Step::Failed),
        2 => reconfigure,
        12 => Just(Step::Wake),
    ]
}

fn config(priority: u8, interval: u16, addresses: u8) -> Config {
    let addresses: Vec<_> = (0..addresses).map(|n| Ipv4Addr::new(192, 0, 2, 100 + n)).collect();
    Config::v3_ipv4(
        Vrid::new(51).unwrap(),
        Priority::new(priority).unwrap(),
        Centiseconds::new(interval).unwrap(),
        addresses,
    )
    .unwrap()
    .preempt(!priority.is_multiple_of(7))
    .preempt_delay(Duration::from_millis(if priority.is_multiple_of(5) { 700 } else { 0 }))
    .announcements(Announcements { refresh: Duration::from_secs(2), ..Default::default() })
}

fn fault(is_down: bool) -> Fault {
    if is_down { Fault::InterfaceDown } else { Fault::AddressesRefused }
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn duties_keep_their_order_and_deadlines_lie_ahead(
        steps in proptest::collection::vec((step(), 0..400u64), 1..60)
    ) {
        let mut router = VirtualRouter::new(config(100, 100, 1));
        let mut now = Timestamp::EPOCH;
        // What a driver would see on its interface.
        let mut holds_addresses = false;
        for (step, centiseconds) in steps {
            now = now + Duration::from_millis(centiseconds * 10);
            let is_packet = matches!(step, Step::Heard { .. } | Step::Rejected);
            let before = router.state();
            let sent_before = router.stats().advertisements_sent;
            let actions = match step {
                Step::Startup => router.handle(now, Input::Startup),
                Step::Shutdown => router.handle(now, Input::Shutdown),
                Step::Address(last) => {
                    router.handle(now, Input::PrimaryAddress(last.map(address)))
                }
                Step::Heard { priority, from, interval, other_addresses } => {
                    let addresses = if other_addresses { 2 } else { 1 };
                    let sender = VirtualRouter::new(config(1, interval, addresses));
                    let advertisement = sender.advertisement(Priority::from_wire(priority));
                    let source = address(from);
                    router.handle(now, Input::Advertisement { source, advertisement: &advertisement })
                }
                Step::Rejected => {
                    let deadline = router.deadline();
                    let actions = router.handle(now, Input::Rejected(ErrorKind::Checksum));
                    prop_assert_eq!(router.deadline(), deadline, "a bad packet moved a timer");
                    prop_assert!(actions.is_empty());
                    actions
                }
                Step::Priority(priority) => {
                    router.handle(now, Input::SetPriority(Priority::from_wire(priority)))
                }
                Step::Fault(is_down) => router.handle(now, Input::Fault(fault(is_down))),
                Step::Recovered(is_down) => router.handle(now, Input::Recovered(fault(is_down))),
                Step::Lost => router.handle(now, Input::AddressesLost),
                Step::Failed => router.handle(now, Input::Failed(Action::AddAddresses)),
                Step::Reconfigure { priority, interval, addresses } => {
                    router.reconfigure(now, config(priority, interval, addresses)).unwrap()
                }
                Step::Wake => router.handle(now, Input::Wake),
            };

            // The list holds eight.
            prop_assert!(actions.len() <= 5, "{actions:?}");
            let mut sent = 0;
            let mut state = before;
            for action in actions {
                match action {
                    Action::Transmit(priority) => {
                        sent += 1;
                        // Priority 0 leaves while the addresses are still held.
                        prop_assert!(!priority.is_stopped() || holds_addresses);
                    }
                    Action::AddAddresses => {
                        prop_assert!(holds_addresses || sent > 0, "the advertisement comes first");
                        holds_addresses = true;
                    }
                    Action::RemoveAddresses => holds_addresses = false,
                    Action::ReplaceAddresses | Action::Announce(_) => {
                        prop_assert!(holds_addresses, "announced without holding");
                    }
                    Action::Notify(Event::StateChanged { from, to, .. }) => {
                        prop_assert_eq!(from, state);
                        state = to;
                    }
                    Action::Notify(_) => {}
                }
            }
            prop_assert_eq!(state, router.state(), "every change of state is told");
            prop_assert_eq!(holds_addresses, state == State::Active);
            prop_assert_eq!(router.stats().advertisements_sent - sent_before, sent);
            match router.deadline() {
                Some(deadline) => prop_assert!(is_packet || deadline > now, "{deadline} at {now}"),
                None => prop_assert!(matches!(state, State::Initialize | State::Fault)),
            }
        }
    }
}
