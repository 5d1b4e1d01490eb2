//! The replay window of RFC 2402 section 3.4.3, per sender.

use std::net::Ipv4Addr;

use vrrp_proto::{AuthFailure, ReplayGuard, ReplayWindow};

const A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const B: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

#[test]
fn late_packets_pass_once() {
    let mut window = ReplayWindow::starting_at(100);
    assert!(window.accept(103).is_ok());
    assert!(window.accept(101).is_ok(), "reordered, not seen yet");
    assert!(window.accept(101).is_err());
    assert!(window.accept(103).is_err());
    assert!(window.accept(40).is_ok(), "63 behind is the last in the window");
    let too_old = window.accept(39);
    assert_eq!(too_old, Err(AuthFailure::Replay { received: 39, highest: 103 }));
}

#[test]
fn a_leap_empties_the_window() {
    let mut window = ReplayWindow::starting_at(1);
    assert!(window.accept(u32::MAX).is_ok());
    assert!(window.accept(1).is_err());
    assert!(window.accept(u32::MAX - 63).is_ok());
    assert!(window.accept(u32::MAX - 64).is_err());
}

#[test]
fn senders_do_not_share_a_window() {
    let mut guard = ReplayGuard::default();
    assert!(guard.accept(A, 1000).is_ok());
    assert!(guard.accept(B, 1).is_ok(), "what A has sent says nothing about B");
    assert!(guard.accept(A, 1000).is_err());
    assert!(guard.accept(B, 1).is_err());
}

#[test]
fn the_sender_not_heard_for_the_longest_is_forgotten() {
    let mut guard = ReplayGuard::default();
    for last in 1..=8 {
        assert!(guard.accept(Ipv4Addr::new(192, 0, 2, last), 1).is_ok());
    }
    assert!(guard.accept(A, 2).is_ok(), "A is heard again");
    assert!(guard.accept(Ipv4Addr::new(192, 0, 2, 9), 1).is_ok(), "a ninth sender takes B's place");
    assert!(guard.accept(A, 2).is_err(), "A is still known");
    assert!(guard.accept(B, 1).is_ok(), "B is not");
}
