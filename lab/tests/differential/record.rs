//! What was on the LAN, and what it says of a peer.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use lab::Frame;

use crate::forecast::{Decision, Span, TOLERANCE};
use crate::schedule::{LENGTH, PEER, Schedule};

/// What became of a schedule.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// But for these.
    Same(BTreeSet<Decision>),
    /// It hangs on a packet and a timer that come at the same time.
    Ambiguous,
    Differs(String),
}

/// A VRRP packet of this VRID, with its source.
pub(crate) fn packet_of(frame: &Frame, vrid: u8) -> Option<(IpAddr, &[u8])> {
    let is_ipv4 = frame.octets.get(12..14) == Some(&[0x08, 0x00][..]);
    let packet = frame.octets.get(14..).filter(|_| is_ipv4)?;
    let is_vrrp = packet.get(9) == Some(&112) && packet.get(21) == Some(&vrid);
    let source = Ipv4Addr::from(*packet.get(12..16)?.first_chunk::<4>()?);
    is_vrrp.then_some((source.into(), packet))
}

/// What was sent by a peer's router, and what it heard afterwards, each until the end.
pub(crate) struct Recorded {
    first: Duration,
    seen: Vec<Duration>,
    heard: Vec<(Duration, Vec<u8>)>,
}

impl Recorded {
    /// `None` when it never advertised.
    pub(crate) fn of(schedule: &Schedule, frames: &[Frame]) -> Option<Self> {
        let mine = |source: IpAddr| source == IpAddr::from(PEER);
        let packets = || {
            let packets = frames.iter();
            packets.filter_map(|frame| Some((frame.at, packet_of(frame, schedule.vrid)?)))
        };
        let own = packets().filter(|(_, (source, _))| mine(*source));
        let seen: Vec<Duration> = own.map(|(at, _)| at).collect();
        let first = *seen.first()?;
        let end = first + LENGTH;
        let counts = |at: Duration, source| !mine(source) && at > first && at <= end;
        let heard = packets().filter(|(at, (source, _))| counts(*at, *source));
        let heard = heard.map(|(at, (_, packet))| (at, packet.to_vec())).collect();
        Some(Self { first, seen: seen.into_iter().filter(|at| *at <= end).collect(), heard })
    }
}

pub(crate) fn longest(sent: &[Duration], end: Duration) -> Duration {
    let next = sent.iter().skip(1).chain([&end]);
    sent.iter().zip(next).map(|(at, next)| next.saturating_sub(*at)).max().unwrap_or_default()
}

pub(crate) fn compare(schedule: &Schedule, frames: &[Frame]) -> Outcome {
    let Some(Recorded { first, seen, heard }) = Recorded::of(schedule, frames) else {
        return Outcome::Differs("it never advertises".into());
    };
    let end = first + LENGTH;
    let (expected, _) = schedule.predict(first, &heard, end);
    let shape = |spans: &[Span]| spans.iter().map(Span::shape).collect::<Vec<_>>();
    let shifted = |by: f64| {
        let heard = heard
            .iter()
            .map(|(at, packet)| (Duration::from_secs_f64(at.as_secs_f64() + by), packet.clone()));
        shape(&schedule.predict(first, &heard.collect::<Vec<_>>(), end).0)
    };
    let ends = expected.iter().skip(1).map(|span| span.begin).chain([end]);
    let by = TOLERANCE.as_secs_f64();
    let is_ambiguous = |number: usize| {
        let plain = &shape(&expected)[..=number];
        [-by, -by / 3.0, by / 3.0, by].iter().any(|by| shifted(*by).get(..=number) != Some(plain))
    };
    let mut decisions = BTreeSet::new();
    let wrong = expected.iter().zip(ends).enumerate().find_map(|(number, (span, end))| {
        let within = |at: &Duration| (span.begin..end).contains(at);
        let sent: Vec<Duration> = seen.iter().copied().filter(within).collect();
        match span.differs(&sent, schedule.own_interval(), end) {
            Ok(decision) => {
                decisions.extend(decision);
                None
            }
            Err(how) => Some((number, span, how)),
        }
    });
    match wrong {
        None => Outcome::Same(decisions),
        // What came before hangs on who was first.
        Some((number, ..)) if is_ambiguous(number) => Outcome::Ambiguous,
        Some((_, span, how)) => {
            let relative = |at: Duration| at.saturating_sub(first).as_millis();
            let sent: Vec<_> = seen.iter().map(|at| relative(*at)).collect();
            let at = relative(span.begin);
            Outcome::Differs(format!("from {at} ms, {first:?}: {how}\n{span:?}\ntheirs: {sent:?}"))
        }
    }
}

impl Schedule {
    /// For how long a peer's router that was Active is silent at most, and ours that heard the same.
    pub(crate) fn silences(&self, frames: &[Frame]) -> (Duration, Duration) {
        let recorded = Recorded::of(self, frames).expect("it advertises");
        let end = recorded.first + LENGTH;
        let (_, sent) = self.predict(recorded.first, &recorded.heard, end);
        (longest(&recorded.seen, end), longest(&sent, end))
    }
}
