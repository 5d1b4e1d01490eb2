//! What a session can be told, and what it tells.

mod common;

use std::num::NonZeroU8;
use std::time::Duration;

use bfd::{
    Config, ConfigError, ControlPacket, Diagnostic, Discriminator, Input, Jitter, Microseconds,
    Session, State, Timestamp,
};

use common::packet;

const MS: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_micros(u32::MAX as u64);

fn config(tx: Duration, rx: Duration) -> Result<Config, ConfigError> {
    Config::new(tx, rx, NonZeroU8::new(3).unwrap())
}

#[test]
fn intervals_fit_their_fields() {
    let least = Duration::from_micros(1);
    assert!(config(least, LONGEST).is_ok() && config(LONGEST, least).is_ok());
    for span in [Duration::ZERO, Duration::from_nanos(999), LONGEST + least] {
        let field = "desired_min_tx";
        assert_eq!(config(span, MS), Err(ConfigError::Interval { field, span }));
        let field = "required_min_rx";
        assert_eq!(config(MS, span), Err(ConfigError::Interval { field, span }));
    }
    let refused = config(Duration::ZERO, MS).unwrap_err();
    assert_eq!(refused.to_string(), "desired_min_tx is 0ns, allowed are 1 µs to 4294 s");
}

/// RFC 5880 section 6.8.3.
#[test]
fn a_session_that_is_not_up_sends_once_a_second_at_most() {
    let config = config(10 * MS, 10 * MS).unwrap();
    for span in [1000 * MS, 1001 * MS, LONGEST] {
        let session = Session::new(config.idle_tx(span).unwrap(), Discriminator::new(1).unwrap());
        assert_eq!(session.transmit_interval(), span);
    }
    for span in [MS, 999 * MS] {
        assert_eq!(config.idle_tx(span), Err(ConfigError::IdleTx(span)));
    }
    let span = LONGEST + MS;
    let refused = config.idle_tx(span).unwrap_err();
    assert_eq!(refused, ConfigError::Interval { field: "idle_tx", span });
    let refused = config.idle_tx(MS).unwrap_err();
    assert_eq!(refused.to_string(), "idle_tx is 1ms, allowed is 1 s and more");
}

/// From a peer that was down because of its path.
fn heard(state: State) -> ControlPacket {
    let my_discriminator = Discriminator::new(7).unwrap();
    ControlPacket { diagnostic: Diagnostic::PathDown, my_discriminator, ..packet(state) }
}

#[test]
fn a_session_tells_what_it_knows_of_its_peer() {
    let now = Timestamp::EPOCH;
    let config = config(10 * MS, 10 * MS).unwrap();
    let mut session = Session::new(config, Discriminator::new(1).unwrap());
    assert_eq!(session.discriminator(), Discriminator::new(1).unwrap());
    assert_eq!((session.remote_discriminator(), session.remote_state()), (None, State::Down));
    assert_eq!(session.diagnostic(), Diagnostic::None);
    let _ = session.handle(now, Input::Packet(&heard(State::Init)));
    assert_eq!(session.state(), State::Up);
    assert_eq!((session.stats().went_up, session.stats().went_down), (1, 0));
    assert_eq!(session.remote_discriminator(), Discriminator::new(7));
    assert_eq!(session.remote_state(), State::Init);
    let _ = session.handle(now, Input::Packet(&heard(State::Down)));
    assert_eq!(session.remote_state(), State::Down);
    assert_eq!(session.diagnostic(), Diagnostic::NeighborSignaledSessionDown);
    let stats = *session.stats();
    assert_eq!((stats.received, stats.discarded, stats.sent), (2, 0, 2));
    assert_eq!((stats.went_up, stats.went_down), (1, 1));
    // Why it went down is told until it goes down for another reason.
    let _ = session.handle(now, Input::Packet(&heard(State::Down)));
    assert_eq!(session.state(), State::Init);
    assert_eq!(session.diagnostic(), Diagnostic::NeighborSignaledSessionDown);
    assert_eq!((session.stats().went_up, session.stats().went_down), (1, 1));
    // Silence: the peer is unknown again, and why it went down stays.
    let late = now + session.detection_time();
    let _ = session.handle(late, Input::Wake(Jitter::NONE));
    assert_eq!((session.remote_discriminator(), session.remote_state()), (None, State::Down));
    assert_eq!(session.state(), State::Down);
    assert_eq!(session.diagnostic(), Diagnostic::ControlDetectionTimeExpired);
    let _ = session.handle(late, Input::Disable);
    assert_eq!(session.diagnostic(), Diagnostic::AdministrativelyDown);
    // Again, it is no news.
    let again = session.handle(late, Input::Disable);
    assert_eq!((again.event, again.transmit), (None, None));
}

#[test]
fn another_configuration_holds_at_once_while_it_is_not_up() {
    let mut session =
        Session::new(config(10 * MS, 10 * MS).unwrap(), Discriminator::new(1).unwrap());
    let idle = config(20 * MS, 30 * MS).unwrap().idle_tx(2000 * MS).unwrap();
    session.reconfigure(idle);
    assert_eq!(session.transmit_interval(), 2000 * MS);
    let packet = session.handle(Timestamp::EPOCH, Input::Wake(Jitter::NONE)).transmit.unwrap();
    assert!(!packet.is_poll);
    assert_eq!(packet.desired_min_tx, Microseconds(2_000_000));
    assert_eq!(packet.required_min_rx, Microseconds(30_000));
}

/// A session that is Up since it heard Init, with this interval.
fn up(interval: Duration) -> Session {
    let mut session =
        Session::new(config(interval, interval).unwrap(), Discriminator::new(1).unwrap());
    let _ = session.handle(Timestamp::EPOCH, Input::Packet(&heard(State::Init)));
    assert_eq!(session.state(), State::Up);
    session
}

fn sends(session: &mut Session, now: Timestamp) -> Option<ControlPacket> {
    session.handle(now, Input::Wake(Jitter::NONE)).transmit
}

/// RFC 5880 section 6.8.3: a change of the interval is agreed upon by a poll, and nothing else is.
#[test]
fn a_poll_is_for_another_interval() {
    for (interval, polls) in [(10 * MS, true), (1000 * MS, false)] {
        let config = config(interval, interval).unwrap();
        let mut session = Session::new(config, Discriminator::new(1).unwrap());
        let news = session.handle(Timestamp::EPOCH, Input::Packet(&heard(State::Init)));
        assert_eq!(news.transmit.unwrap().is_poll, polls);
    }
    let mut down = up(10 * MS);
    let news = down.handle(Timestamp::EPOCH, Input::Packet(&heard(State::Down))).transmit.unwrap();
    assert!(!news.is_poll && news.state == State::Down);
}

#[test]
fn an_answer_is_counted() {
    let mut session = up(10 * MS);
    let before = session.stats().sent;
    let poll = ControlPacket { is_poll: true, ..heard(State::Up) };
    assert!(session.handle(Timestamp::EPOCH, Input::Packet(&poll)).transmit.unwrap().is_final);
    assert_eq!(session.stats().sent, before + 1);
}

/// RFC 5880 section 6.8.7: demand holds while both are Up.
#[test]
fn who_demands_silence_and_is_not_up_hears_us() {
    let mut session = up(10 * MS);
    let now = Timestamp::EPOCH + 10 * MS;
    assert!(sends(&mut session, now).unwrap().is_poll);
    let demands = |state| ControlPacket { is_demand: true, is_final: true, ..heard(state) };
    let _ = session.handle(now, Input::Packet(&demands(State::Init)));
    assert!(sends(&mut session, now + 15 * MS).is_some());
    let _ = session.handle(now + 15 * MS, Input::Packet(&demands(State::Up)));
    assert_eq!(sends(&mut session, now + 35 * MS), None);
}

#[test]
fn another_wish_of_the_peer_holds_for_the_packet_that_is_due() {
    let mut session = up(10 * MS);
    let answer = ControlPacket { is_final: true, ..heard(State::Up) };
    let now = Timestamp::EPOCH + 10 * MS;
    assert!(sends(&mut session, now).is_some());
    let _ = session.handle(now, Input::Packet(&answer));
    let wish = |microseconds| ControlPacket {
        required_min_rx: Microseconds(microseconds),
        desired_min_tx: Microseconds(5_000_000),
        ..heard(State::Up)
    };
    let _ = session.handle(now, Input::Packet(&wish(1_000_000)));
    assert_eq!(session.deadline(), Some(now + 1000 * MS));
    let later = now + 100 * MS;
    let _ = session.handle(later, Input::Packet(&wish(200_000)));
    assert_eq!(session.deadline(), Some(now + 200 * MS));
    // What would have been long ago is due now.
    let _ = session.handle(later, Input::Packet(&wish(50_000)));
    assert_eq!(session.deadline(), Some(later));
}

#[test]
fn times_are_distances_from_an_epoch() {
    let time = Timestamp::from_epoch(90 * MS);
    assert_eq!(Timestamp::EPOCH + 90 * MS, time);
    assert_eq!(time.saturating_since(Timestamp::EPOCH), 90 * MS);
}
