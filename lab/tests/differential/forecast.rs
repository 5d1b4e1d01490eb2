//! What our state machine does in virtual time, and whether a peer did the same.

use std::time::Duration;

use vrrp_fsm::{Action, Input, State, Timestamp, VirtualRouter};
use vrrp_proto::{Datagram, Demands, Packet};

use crate::schedule::{PEER, PRIORITY, Schedule};

/// How far apart two clocks and two schedulers may be.
pub(crate) const TOLERANCE: Duration = Duration::from_millis(70);

/// From one packet to the next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) begin: Duration,
    /// Once the packet was heard.
    pub(crate) is_active: bool,
    /// It is answered at once.
    pub(crate) answers: bool,
    pub(crate) takes_over: Option<Duration>,
    /// The first advertisement after the answer.
    pub(crate) next_sent: Option<Duration>,
    /// The last one before the packet.
    pub(crate) last_sent: Option<Duration>,
    /// Where the packet is one of priority 0: Skew_Time after it.
    pub(crate) skewed: Option<Duration>,
}

/// A difference that we have decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    /// Losing and stopping routers are answered eight times per interval at most.
    FewerAnswers,
    /// Priority 0 moves `Active_Down_Timer` to Skew_Time, but never to a later time than it had.
    NeverLater,
}

impl Schedule {
    /// What ours does when it becomes Active at `first` and hears these packets.
    pub(crate) fn predict(
        &self,
        first: Duration,
        heard: &[(Duration, Vec<u8>)],
        end: Duration,
    ) -> (Vec<Span>, Vec<Duration>) {
        let own = self.own_interval();
        let unit = if self.version == 2 { Duration::from_secs(1) } else { own };
        let down = 3 * own + unit * (256 - u32::from(PRIORITY)) / 256;
        let moment = Timestamp::from_epoch;
        let mut router = VirtualRouter::new(self.config());
        let begin = moment(first.checked_sub(down).unwrap());
        let _ = router.handle(begin, Input::PrimaryAddress(Some(PEER.into())));
        let _ = router.handle(begin, Input::Startup);
        let _ = router.handle(moment(first), Input::Wake);
        // The first one is none of an answer.
        let mut spans = vec![Span { next_sent: Some(first), ..Span::new(first, &router) }];
        let mut heard = heard.iter().peekable();
        let mut sent = vec![first];
        loop {
            let packet = heard.peek().map(|(at, _)| moment(*at));
            let deadline = router.deadline();
            match (packet, deadline) {
                (Some(at), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                    let (_, octets) = heard.next().unwrap();
                    let actions = receive(&mut router, at, octets);
                    let mut span = Span::new(at.since_epoch(), &router);
                    let is_goodbye = octets.get(22) == Some(&0);
                    span.skewed = is_goodbye.then(|| at.since_epoch() + down - 3 * own);
                    span.last_sent = sent.last().copied();
                    let is_sent = |action: Action| matches!(action, Action::Transmit(_));
                    span.answers = actions.into_iter().any(is_sent);
                    if span.answers {
                        sent.push(span.begin);
                    }
                    spans.push(span);
                }
                (_, Some(deadline)) if deadline <= moment(end) => {
                    let before = router.state();
                    let actions = router.handle(deadline, Input::Wake);
                    let is_sent = |action: Action| matches!(action, Action::Transmit(_));
                    let span = spans.last_mut().unwrap();
                    if actions.into_iter().any(is_sent) {
                        sent.push(deadline.since_epoch());
                        span.next_sent = span.next_sent.or(Some(deadline.since_epoch()));
                    }
                    if before == State::Backup && router.state() == State::Active {
                        span.takes_over = Some(deadline.since_epoch());
                    }
                }
                _ => return (spans, sent),
            }
        }
    }
}

impl Span {
    pub(crate) fn new(begin: Duration, router: &VirtualRouter) -> Self {
        let is_active = router.state() == State::Active;
        Self {
            begin,
            is_active,
            answers: false,
            takes_over: None,
            next_sent: None,
            last_sent: None,
            skewed: None,
        }
    }

    /// What has to be the same although clocks differ.
    pub(crate) fn shape(&self) -> (bool, bool, bool) {
        (self.is_active, self.answers, self.takes_over.is_some())
    }

    /// Whether a peer did the same that has sent at these times until the next packet came, but for a decision.
    ///
    /// Ours keeps its beat when it answers, keepalived begins a new one, and RFC 9568 section 6.4.3 says neither: that
    /// no interval is longer than it may be is what is looked at.
    pub(crate) fn differs(
        &self,
        sent: &[Duration],
        interval: Duration,
        end: Duration,
    ) -> Result<Option<Decision>, String> {
        let is_near = |at: &Duration, wanted: Duration| at.abs_diff(wanted) < TOLERANCE;
        if !self.is_active {
            let first = sent.iter().min().copied();
            return match (self.takes_over, first) {
                (Some(ours), Some(theirs)) if is_near(&ours, theirs) => Ok(None),
                (Some(_), Some(theirs)) if self.skewed.is_some_and(|at| is_near(&at, theirs)) => {
                    Ok(Some(Decision::NeverLater))
                }
                // It may be just beyond the end of this span.
                (Some(ours), None) if ours + TOLERANCE > end => Ok(None),
                (Some(_), None) if self.skewed.is_some_and(|at| at + TOLERANCE > end) => {
                    Ok(Some(Decision::NeverLater))
                }
                (None, Some(theirs)) if theirs + TOLERANCE > end => Ok(None),
                (None, None) => Ok(None),
                (ours, theirs) => Err(format!("takes over at {ours:?}, the peer at {theirs:?}")),
            };
        }
        // An advertisement that was due anyway looks like an answer.
        let is_due = self.next_sent.is_some_and(|next| is_near(&next, self.begin));
        let answered = sent.iter().any(|at| is_near(at, self.begin));
        let mut decision = None;
        if !is_due && answered != self.answers {
            let just_sent = self.last_sent.is_some_and(|last| self.begin < last + interval / 8);
            if !(answered && just_sent) {
                return Err(format!("answers: {}, the peer {answered}", self.answers));
            }
            decision = Some(Decision::FewerAnswers);
        }
        let mut last = self.begin;
        for at in sent.iter().chain([&end]) {
            if *at > last + interval + TOLERANCE {
                return Err(format!("the peer is silent from {last:?} to {at:?}"));
            }
            last = *at;
        }
        Ok(decision)
    }
}

fn receive(router: &mut VirtualRouter, at: Timestamp, octets: &[u8]) -> vrrp_fsm::Actions {
    let datagram = Datagram::from_ipv4(octets).unwrap();
    let source = datagram.endpoints().source();
    match Packet::decode(&datagram, &Demands::new()).and_then(|packet| packet.advertisement()) {
        Ok(advertisement) => {
            router.handle(at, Input::Advertisement { source, advertisement: &advertisement })
        }
        Err(error) => router.handle(at, Input::Rejected(error.kind())),
    }
}
