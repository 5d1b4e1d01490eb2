//! Sessions in virtual time.

mod common;

use std::num::NonZeroU8;
use std::time::Duration;

use bfd::{
    Config, ControlPacket, Diagnostic, Discriminator, Event, Input, Jitter, Microseconds, Session,
    State, Timestamp,
};

use common::packet;

const MS: Duration = Duration::from_millis(1);

fn config(tx: u32, rx: u32, mult: u8) -> Config {
    Config::new(tx * MS, rx * MS, NonZeroU8::new(mult).unwrap()).unwrap()
}

fn session(config: Config, number: u32) -> Session {
    Session::new(config, Discriminator::new(number).unwrap())
}

/// Two ends and what happened between them.
struct Pair {
    now: Timestamp,
    ends: [Session; 2],
    /// Whether packets from this end arrive.
    arrives: [bool; 2],
    sent: [Vec<(Timestamp, ControlPacket)>; 2],
    events: [Vec<(Timestamp, Event)>; 2],
    jitter: u8,
}

impl Pair {
    fn new(left: Config, right: Config) -> Self {
        Self {
            now: Timestamp::EPOCH,
            ends: [session(left, 1), session(right, 2)],
            arrives: [true; 2],
            sent: Default::default(),
            events: Default::default(),
            jitter: 0,
        }
    }

    fn input(&mut self, mut to: usize, input: Input<'_>) {
        let mut actions = self.ends[to].handle(self.now, input);
        loop {
            self.events[to].extend(actions.event.map(|event| (self.now, event)));
            let Some(packet) = actions.transmit else { return };
            self.sent[to].push((self.now, packet));
            assert_eq!(ControlPacket::decode(&packet.encode()), Ok(packet));
            if !self.arrives[to] {
                return;
            }
            to = 1 - to;
            actions = self.ends[to].handle(self.now, Input::Packet(&packet));
        }
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let due = |end: usize| self.ends[end].deadline().map(|deadline| (deadline, end));
            let Some((deadline, next)) = [0, 1].into_iter().filter_map(due).min() else { break };
            if deadline > end {
                break;
            }
            self.now = self.now.max(deadline);
            self.jitter = self.jitter.wrapping_mul(37).wrapping_add(11);
            self.input(next, Input::Wake(Jitter(self.jitter)));
        }
        self.now = end;
    }

    fn states(&self) -> [State; 2] {
        [self.ends[0].state(), self.ends[1].state()]
    }
}

#[test]
fn they_find_each_other_and_agree_on_the_slower_interval() {
    let mut pair = Pair::new(config(10, 30, 3), config(50, 20, 5));
    pair.run(4000 * MS);
    assert_eq!(pair.states(), [State::Up, State::Up]);
    // max(own desire, what the peer can hear); the peer's multiplier.
    assert_eq!(pair.ends[0].transmit_interval(), 20 * MS);
    assert_eq!(pair.ends[1].transmit_interval(), 50 * MS);
    assert_eq!(pair.ends[0].detection_time(), 5 * 50 * MS);
    assert_eq!(pair.ends[1].detection_time(), 3 * 20 * MS);
    // RFC 5880 section 6.2: Down, Init, Up or Down, Up.
    let path: Vec<State> = pair.events[0].iter().map(|(_, event)| event.to).collect();
    assert!(path == [State::Init, State::Up] || path == [State::Up], "{path:?}");
    // The faster interval was agreed upon by a poll, and that ended.
    let last_poll = pair.sent[0].iter().rposition(|(_, packet)| packet.is_poll).unwrap();
    assert!(pair.sent[0].len() > last_poll + 10);
    assert!(pair.sent[1].iter().any(|(_, packet)| packet.is_final));
}

#[test]
fn jitter_keeps_within_what_the_rfc_allows() {
    for (mult, latest) in [(3, 100), (1, 90)] {
        let mut pair = Pair::new(config(100, 100, mult), config(100, 100, 3));
        pair.run(5000 * MS);
        pair.sent[0].clear();
        pair.run(20_000 * MS);
        let gaps: Vec<Duration> =
            pair.sent[0].windows(2).map(|pair| pair[1].0.saturating_since(pair[0].0)).collect();
        assert!(gaps.len() > 200);
        assert!(gaps.iter().all(|gap| (75 * MS..=latest * MS).contains(gap)), "{gaps:?}");
        assert!(gaps.iter().any(|gap| *gap < 80 * MS) && gaps.iter().any(|gap| *gap > 85 * MS));
    }
}

#[test]
fn silence_is_noticed_after_the_detection_time_and_no_earlier() {
    let mut pair = Pair::new(config(10, 10, 3), config(10, 10, 5));
    pair.run(3000 * MS);
    assert_eq!(pair.states(), [State::Up, State::Up]);
    pair.arrives[1] = false;
    let last = pair.sent[1].last().unwrap().0;
    pair.run(5000 * MS);
    let (at, event) = pair.events[0].last().unwrap();
    assert_eq!(at.saturating_since(last), 50 * MS);
    assert_eq!((event.from, event.to), (State::Up, State::Down));
    assert_eq!(event.diagnostic, Diagnostic::ControlDetectionTimeExpired);
    // The other one still hears us, and goes down because we say so.
    let (_, event) = pair.events[1].iter().find(|(_, e)| e.to == State::Down).unwrap();
    assert_eq!(event.diagnostic, Diagnostic::NeighborSignaledSessionDown);
    assert_eq!(event.remote_diagnostic, Diagnostic::ControlDetectionTimeExpired);
    // Not Up: once a second, and to nobody in particular.
    let quiet = pair.sent[0].iter().rev().take(3).map(|(at, _)| *at).collect::<Vec<_>>();
    assert!(quiet.windows(2).all(|p| p[0].saturating_since(p[1]) >= 750 * MS), "{quiet:?}");
    assert_eq!(pair.sent[0].last().unwrap().1.your_discriminator, None);
    pair.arrives[1] = true;
    pair.run(3000 * MS);
    assert_eq!(pair.states(), [State::Up, State::Up]);
}

#[test]
fn a_passive_end_speaks_when_it_is_spoken_to() {
    let mut pair = Pair::new(config(10, 10, 3).passive(), config(10, 10, 3).passive());
    assert_eq!([pair.ends[0].deadline(), pair.ends[1].deadline()], [None, None]);
    pair.run(5000 * MS);
    assert!(pair.sent[0].is_empty() && pair.sent[1].is_empty());
    let mut pair = Pair::new(config(10, 10, 3).passive(), config(10, 10, 3));
    pair.run(3000 * MS);
    assert_eq!(pair.states(), [State::Up, State::Up]);
}

#[test]
fn an_operator_holds_it_down_and_the_peer_knows_why() {
    let mut pair = Pair::new(config(10, 10, 3), config(10, 10, 3));
    pair.run(3000 * MS);
    pair.input(0, Input::Disable);
    assert_eq!(pair.states(), [State::AdminDown, State::Down]);
    let (_, event) = pair.events[1].last().unwrap();
    assert_eq!(event.remote_state, State::AdminDown);
    assert_eq!(event.remote_diagnostic, Diagnostic::AdministrativelyDown);
    assert_eq!(pair.ends[0].deadline(), None);
    let count = pair.sent[0].len();
    pair.run(3000 * MS);
    assert_eq!(pair.sent[0].len(), count);
    pair.input(0, Input::Enable);
    pair.run(3000 * MS);
    assert_eq!(pair.states(), [State::Up, State::Up]);
}

#[test]
fn other_intervals_are_agreed_upon_while_it_stays_up() {
    let mut pair = Pair::new(config(10, 10, 3), config(10, 10, 3));
    pair.run(3000 * MS);
    let events = pair.events[0].len() + pair.events[1].len();
    // Slower to send: the old interval holds until the peer knows.
    pair.ends[0].reconfigure(config(200, 10, 3));
    assert_eq!(pair.ends[0].transmit_interval(), 10 * MS);
    pair.run(100 * MS);
    assert_eq!(pair.ends[0].transmit_interval(), 200 * MS);
    assert_eq!(pair.ends[1].detection_time(), 600 * MS);
    // Faster to hear: the old detection time holds until the peer knows.
    pair.ends[1].reconfigure(config(10, 5, 3));
    pair.ends[0].reconfigure(config(5, 10, 3));
    pair.run(1000 * MS);
    assert_eq!(pair.ends[0].transmit_interval(), 5 * MS);
    assert_eq!(pair.ends[1].detection_time(), 15 * MS);
    assert_eq!(pair.events[0].len() + pair.events[1].len(), events);
    assert_eq!(pair.states(), [State::Up, State::Up]);
}

fn up() -> Session {
    let mut session = session(config(10, 10, 3), 1);
    let now = Timestamp::EPOCH;
    let _ = session.handle(now, Input::Packet(&packet(State::Init)));
    let polls = session.handle(now + 8 * MS, Input::Wake(Jitter::NONE)).transmit.is_some();
    assert!(session.state() == State::Up && !polls);
    session
}

#[test]
fn the_table_of_section_6_2() {
    use State::{AdminDown, Down, Init, Up};
    for (own, heard, then) in [
        (Down, Down, Init),
        (Down, Init, Up),
        (Down, Up, Down),
        (Down, AdminDown, Down),
        (Init, Down, Init),
        (Init, Init, Up),
        (Init, Up, Up),
        (Init, AdminDown, Down),
        (Up, Down, Down),
        (Up, Init, Up),
        (Up, Up, Up),
        (Up, AdminDown, Down),
        (AdminDown, Down, AdminDown),
        (AdminDown, Up, AdminDown),
    ] {
        let mut session = session(config(10, 10, 3), 1);
        let now = Timestamp::EPOCH;
        let steps: &[Input<'_>] = match own {
            Down => &[],
            Init => &[Input::Packet(&packet(Down))],
            Up => &[Input::Packet(&packet(Init))],
            AdminDown => &[Input::Disable],
        };
        for step in steps {
            let _ = session.handle(now, *step);
        }
        assert_eq!(session.state(), own);
        let actions = session.handle(now, Input::Packet(&packet(heard)));
        assert_eq!(session.state(), then, "{own:?} hears {heard:?}");
        assert_eq!(actions.event.is_some(), own != then);
        // News are told at once.
        assert_eq!(actions.transmit.is_some(), own != then);
    }
}

#[test]
fn a_poll_is_answered_at_once_and_moves_nothing() {
    let mut session = up();
    let deadline = session.deadline();
    let poll = ControlPacket { is_poll: true, ..packet(State::Up) };
    let answer = session.handle(Timestamp::EPOCH, Input::Packet(&poll)).transmit.unwrap();
    assert!(answer.is_final && !answer.is_poll);
    assert_eq!(session.deadline(), deadline);
}

#[test]
fn packets_for_others_move_no_timer() {
    let mut session = up();
    let before = *session.stats();
    let now = Timestamp::EPOCH;
    let silence = now + session.detection_time();
    for strange in [
        ControlPacket { your_discriminator: Discriminator::new(3), ..packet(State::Down) },
        ControlPacket { your_discriminator: None, ..packet(State::Up) },
        ControlPacket { your_discriminator: None, ..packet(State::Init) },
    ] {
        let actions = session.handle(now + 20 * MS, Input::Packet(&strange));
        assert_eq!((actions.transmit, actions.event), (None, None));
    }
    assert_eq!(session.state(), State::Up);
    assert_eq!(session.stats().discarded, before.discarded + 3);
    // The peer itself was heard at the beginning, and counts as gone when it would have without them.
    let early = session.handle(now + 29 * MS, Input::Wake(Jitter::NONE));
    assert_eq!((early.event, session.state()), (None, State::Up));
    let _ = session.handle(silence, Input::Wake(Jitter::NONE));
    assert_eq!(session.state(), State::Down);
}

#[test]
fn an_answer_to_an_earlier_question_ends_nothing() {
    let mut session = up();
    let now = Timestamp::EPOCH + 10 * MS;
    let answer = ControlPacket { is_final: true, ..packet(State::Up) };
    let _ = session.handle(now, Input::Packet(&answer));
    session.reconfigure(config(500, 400, 3));
    // Not asked yet.
    let _ = session.handle(now, Input::Packet(&answer));
    assert_eq!(session.transmit_interval(), 10 * MS);
    // What the peer is to send less often from now on is waited for longer at once.
    assert_eq!(session.detection_time(), 3 * 400 * MS);
    let due = session.deadline().unwrap();
    let asked = session.handle(due, Input::Wake(Jitter::NONE)).transmit.unwrap();
    assert!(asked.is_poll && asked.desired_min_tx == Microseconds(500_000));
    let _ = session.handle(due, Input::Packet(&answer));
    assert_eq!(session.transmit_interval(), 500 * MS);
}

#[test]
fn who_waits_for_the_peer_does_not_say_that_it_ends() {
    let mut session = session(config(10, 10, 3).passive(), 1);
    let ended = session.handle(Timestamp::EPOCH, Input::Disable);
    assert_eq!((ended.transmit, session.state()), (None, State::AdminDown));
    // Held down for a while, it knows nothing of the peer any more.
    let mut session = up();
    let now = Timestamp::EPOCH + 20 * MS;
    assert_eq!(session.handle(now, Input::Disable).transmit.unwrap().state, State::AdminDown);
    let begun = session.handle(now, Input::Enable).transmit.unwrap();
    assert_eq!((begun.state, begun.your_discriminator), (State::Down, None));
}

#[test]
fn a_peer_that_wants_to_hear_nothing_hears_news() {
    let deaf = ControlPacket { required_min_rx: Microseconds(0), ..packet(State::Down) };
    let mut session = session(config(10, 10, 3), 1);
    let news = session.handle(Timestamp::EPOCH, Input::Packet(&deaf)).transmit.unwrap();
    assert_eq!(news.state, State::Init);
}

#[test]
fn a_peer_that_demands_silence_gets_it() {
    let mut session = up();
    let now = Timestamp::EPOCH + 8 * MS;
    let demand = ControlPacket { is_demand: true, is_final: true, ..packet(State::Up) };
    let _ = session.handle(now, Input::Packet(&demand));
    // Only the detection time is left.
    assert_eq!(session.deadline(), Some(now + session.detection_time()));
    let deaf = ControlPacket { required_min_rx: Microseconds(0), ..packet(State::Up) };
    let mut session = up();
    let _ = session.handle(now, Input::Packet(&deaf));
    assert_eq!(session.deadline(), Some(now + session.detection_time()));
}
