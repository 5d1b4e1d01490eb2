//! The same packets, at the same times, for our state machine in virtual time and for a real keepalived or FRR: what they
//! send is the same, or the difference is one that we have decided on.
//!
//! Needs root, keepalived, FRR and iproute2, and fails without.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use lab::Frame;
use lab::forge::{Forged, Injector};
use lab::namespaces::Lan;
use lab::node::NodeConfig;
use lab::peers::{Daemon, Implementation, Peer};
use vrrp_fsm::{Action, Config, Input, State, Timestamp, VirtualRouter};
use vrrp_proto::{
    Authentication, Centiseconds, Datagram, Demands, Packet, Priority, Seconds, Vrid,
};

const PEER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
const PRIORITY: u8 = 100;
/// How far apart two clocks and two schedulers may be.
const TOLERANCE: Duration = Duration::from_millis(70);
/// For how long packets are sent to a router.
const LENGTH: Duration = Duration::from_secs(9);

/// A router of a peer, and what is sent to it.
#[derive(Clone, Debug)]
struct Schedule {
    vrid: u8,
    version: u8,
    /// Seconds, or hundredths.
    interval: u16,
    preempts: bool,
    /// keepalived answers a lower priority in both versions, and `director` does as it does; FRR never does, which was right
    /// until RFC 9568.
    answers_losing: bool,
    /// Each so long after the router's first advertisement.
    packets: Vec<(Duration, Forged, Wrong)>,
}

/// What is wrong with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Ttl,
    Checksum,
    Interval,
}

impl Schedule {
    fn new(vrid: u8, version: u8, preempts: bool, is_hostile: bool) -> Self {
        let mut random = fastrand::Rng::with_seed(u64::from(vrid) << 8 | u64::from(version));
        let interval = if version == 2 { 1 } else { 50 };
        let mut schedule =
            Self { vrid, version, interval, preempts, answers_losing: true, packets: Vec::new() };
        let mut at = Duration::from_millis(random.u64(100..900));
        while at < LENGTH {
            let priority = if is_hostile { 200 } else { [0, 50, 100, 150, 255][random.usize(..5)] };
            let source = Ipv4Addr::new(10, 77, 0, if random.bool() { 1 } else { 200 });
            let wrongs: &[Wrong] = match (is_hostile, version) {
                (false, _) => &[Wrong::Nothing],
                (true, 2) => &[Wrong::Ttl, Wrong::Checksum, Wrong::Interval],
                (true, _) => &[Wrong::Ttl, Wrong::Checksum],
            };
            let wrong = wrongs[random.usize(..wrongs.len())];
            let other = if wrong == Wrong::Interval { interval + 1 } else { interval };
            let forged = Forged {
                version,
                source,
                vrid,
                priority,
                interval: other,
                addresses: vec![schedule.address()],
                ttl: if wrong == Wrong::Ttl { 254 } else { 255 },
                authentication: Authentication::None,
            };
            schedule.packets.push((at, forged, wrong));
            let span = if is_hostile { 40..60 } else { 100..2500 };
            at += Duration::from_millis(random.u64(span));
        }
        schedule
    }

    fn address(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 1, self.vrid)
    }

    /// For how long a peer's router that was Active is silent at most, and ours that heard the same.
    fn silences(&self, frames: &[Frame]) -> (Duration, Duration) {
        let recorded = Recorded::of(self, frames).expect("it advertises");
        let end = recorded.first + LENGTH;
        let (_, sent) = self.predict(recorded.first, &recorded.heard, end);
        (longest(&recorded.seen, end), longest(&sent, end))
    }

    fn told(&self, how: &str) -> String {
        let packets = self.packets.iter().map(|(at, told, wrong)| {
            let (source, priority) = (told.source, told.priority);
            format!("{} ms: {priority} from {source} {wrong:?}", at.as_millis())
        });
        let packets = packets.collect::<Vec<_>>().join(", ");
        let Self { vrid, version, preempts, .. } = self;
        format!("VRID {vrid}, version {version}, preempts {preempts}\nheard: {packets}\n{how}")
    }

    fn own_interval(&self) -> Duration {
        Duration::from_millis(u64::from(self.interval) * if self.version == 2 { 1000 } else { 10 })
    }

    /// As keepalived has it in its file.
    fn instance(&self) -> String {
        let interval = match self.version {
            2 => self.interval.to_string(),
            _ => format!("{:.2}", f64::from(self.interval) / 100.0),
        };
        let preempt = if self.preempts { "" } else { "nopreempt\n" };
        format!(
            "vrrp_instance V{0} {{\n state BACKUP\n interface eth0\n version {1}\n virtual_router_id {0}\n \
             priority {PRIORITY}\n advert_int {interval}\n {preempt} virtual_ipaddress {{\n {2}/32\n }}\n}}\n",
            self.vrid,
            self.version,
            self.address(),
        )
    }

    /// The same router of ours.
    fn config(&self) -> Config {
        let vrid = Vrid::new(self.vrid).unwrap();
        let priority = Priority::new(PRIORITY).unwrap();
        let config = match self.version {
            2 => {
                let interval = Seconds::new(self.interval.try_into().unwrap()).unwrap();
                Config::v2(vrid, priority, interval, [self.address()]).unwrap()
            }
            _ => {
                let interval = Centiseconds::new(self.interval).unwrap();
                Config::v3_ipv4(vrid, priority, interval, [self.address()]).unwrap()
            }
        };
        config.preempt(self.preempts).answer_losing(self.answers_losing)
    }

    /// What ours does when it becomes Active at `first` and hears these packets.
    fn predict(
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

/// From one packet to the next.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    begin: Duration,
    /// Once the packet was heard.
    is_active: bool,
    /// It is answered at once.
    answers: bool,
    takes_over: Option<Duration>,
    /// The first advertisement after the answer.
    next_sent: Option<Duration>,
    /// The last one before the packet.
    last_sent: Option<Duration>,
    /// Where the packet is one of priority 0: Skew_Time after it.
    skewed: Option<Duration>,
}

/// A difference that we have decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Decision {
    /// Losing and stopping routers are answered eight times per interval at most.
    FewerAnswers,
    /// Priority 0 moves `Active_Down_Timer` to Skew_Time, but never to a later time than it had.
    NeverLater,
}

impl Span {
    fn new(begin: Duration, router: &VirtualRouter) -> Self {
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
    fn shape(&self) -> (bool, bool, bool) {
        (self.is_active, self.answers, self.takes_over.is_some())
    }

    /// Whether a peer did the same that has sent at these times until the next packet came, but for a decision.
    ///
    /// Ours keeps its beat when it answers, keepalived begins a new one, and RFC 9568 section 6.4.3 says neither: that
    /// no interval is longer than it may be is what is looked at.
    fn differs(
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

/// What became of a schedule.
#[derive(Debug)]
enum Outcome {
    /// But for these.
    Same(BTreeSet<Decision>),
    /// It hangs on a packet and a timer that come at the same time.
    Ambiguous,
    Differs(String),
}

/// A VRRP packet of this VRID, with its source.
fn packet_of(frame: &Frame, vrid: u8) -> Option<(IpAddr, &[u8])> {
    let is_ipv4 = frame.octets.get(12..14) == Some(&[0x08, 0x00][..]);
    let packet = frame.octets.get(14..).filter(|_| is_ipv4)?;
    let is_vrrp = packet.get(9) == Some(&112) && packet.get(21) == Some(&vrid);
    let source = Ipv4Addr::from(*packet.get(12..16)?.first_chunk::<4>()?);
    is_vrrp.then_some((source.into(), packet))
}

/// What was sent by a peer's router, and what it heard afterwards, each until the end.
struct Recorded {
    first: Duration,
    seen: Vec<Duration>,
    heard: Vec<(Duration, Vec<u8>)>,
}

impl Recorded {
    /// `None` when it never advertised.
    fn of(schedule: &Schedule, frames: &[Frame]) -> Option<Self> {
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

fn longest(sent: &[Duration], end: Duration) -> Duration {
    let next = sent.iter().skip(1).chain([&end]);
    sent.iter().zip(next).map(|(at, next)| next.saturating_sub(*at)).max().unwrap_or_default()
}

fn compare(schedule: &Schedule, frames: &[Frame]) -> Outcome {
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

/// Sends what the schedules say, and returns everything that was on the LAN.
fn play(lan: &Lan, schedules: &[Schedule], start: impl FnOnce(&Lan)) -> Vec<Frame> {
    let capture = lan.capture().unwrap();
    let injector = Injector::new(lan.host(0)).unwrap();
    start(lan);
    let limit = Instant::now() + Duration::from_secs(30);
    let mut begins: Vec<Option<Instant>> = vec![None; schedules.len()];
    let mut next = vec![0; schedules.len()];
    let mut known = 0;
    loop {
        let frames = capture.frames_after(known);
        known += frames.len();
        for frame in &frames {
            for (schedule, begin) in schedules.iter().zip(&mut begins) {
                let source = packet_of(frame, schedule.vrid).map(|(source, _)| source);
                if begin.is_none() && source == Some(PEER.into()) {
                    *begin = Some(Instant::now());
                }
            }
        }
        let mut is_over = true;
        for (number, schedule) in schedules.iter().enumerate() {
            let elapsed = begins[number].map(|begin| begin.elapsed());
            is_over &= elapsed.is_some_and(|elapsed| elapsed > LENGTH + Duration::from_millis(200));
            while let Some((at, forged, wrong)) = schedule.packets.get(next[number])
                && elapsed.is_some_and(|elapsed| elapsed >= *at)
            {
                let mut packet = forged.packet();
                if *wrong == Wrong::Checksum {
                    packet[26] ^= 0x55;
                }
                injector.send(&packet).unwrap();
                next[number] += 1;
            }
        }
        if is_over {
            return capture.stop();
        }
        assert!(Instant::now() < limit, "some router never advertises");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All are the same but a few that cannot be told; what was different because we have decided so.
#[track_caller]
fn assert_same(outcomes: Vec<(&Schedule, Outcome)>) -> BTreeSet<Decision> {
    let (mut same, mut decisions, mut wrong) = (0, BTreeSet::new(), Vec::new());
    let count = outcomes.len();
    for (schedule, outcome) in outcomes {
        match outcome {
            Outcome::Same(found) => {
                same += 1;
                decisions.extend(found);
            }
            Outcome::Ambiguous => {}
            Outcome::Differs(how) => wrong.push(schedule.told(&how)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(same * 3 >= count * 2, "{same} of {count} are the same");
    decisions
}

fn keepalived(schedules: &[Schedule]) -> Vec<Frame> {
    let lan = Lan::new(2).unwrap();
    let instances: String = schedules.iter().map(Schedule::instance).collect();
    let mut peer = Daemon::keepalived(&format!("global_defs {{\n}}\n{instances}")).unwrap();
    let frames = play(&lan, schedules, |lan| peer.start(lan.host(1)).unwrap());
    peer.stop(Duration::from_secs(10)).unwrap();
    frames
}

#[test]
fn keepalived_does_as_we_do() {
    let schedules: Vec<Schedule> = (1..=60)
        .map(|vrid| Schedule::new(vrid, if vrid % 3 == 0 { 2 } else { 3 }, vrid % 4 != 0, false))
        .collect();
    let frames = keepalived(&schedules);
    let outcomes = schedules.iter().map(|schedule| (schedule, compare(schedule, &frames)));
    let decisions = assert_same(outcomes.collect());
    assert_eq!(decisions, BTreeSet::from([Decision::FewerAnswers, Decision::NeverLater]));
}

/// keepalived 2.2.7 begins its interval anew with every packet that it refuses: 20 of them a second silence its Active
/// router, and there are two soon. That is a bug of keepalived's; neither FRR nor we have it.
#[test]
fn what_is_refused_silences_keepalived_and_nobody_else() {
    let schedules: Vec<Schedule> =
        (1..=12).map(|vrid| Schedule::new(vrid, 2 + vrid % 2, true, true)).collect();
    let frames = keepalived(&schedules);
    for schedule in &schedules {
        let (theirs, ours) = schedule.silences(&frames);
        assert!(theirs > 3 * schedule.own_interval(), "{}: {theirs:?}", schedule.vrid);
        assert!(ours < schedule.own_interval() + TOLERANCE, "{}: {ours:?}", schedule.vrid);
    }
    for (schedule, frames) in frr(1..=2, true) {
        let (theirs, ours) = schedule.silences(&frames);
        assert!(theirs.max(ours) < 2 * schedule.own_interval(), "{theirs:?} {ours:?}");
    }
}

/// FRR has a LAN for each.
fn frr(vrids: std::ops::RangeInclusive<u8>, is_hostile: bool) -> Vec<(Schedule, Vec<Frame>)> {
    let play_one = |vrid: u8| {
        let mut schedule = Schedule::new(vrid, 3, true, is_hostile);
        schedule.answers_losing = false;
        let lan = Lan::new(2).unwrap();
        let config = NodeConfig {
            version: 3,
            vrid,
            priority: PRIORITY,
            interval: schedule.interval,
            addresses: vec![format!("{}/32", schedule.address())],
            authentication: "none".into(),
            secret: String::new(),
        };
        let mut peer = Peer::new(Implementation::Frr, &config).unwrap();
        let frames = play(&lan, std::slice::from_ref(&schedule), |lan| {
            peer.start(lan.host(1)).unwrap();
        });
        (schedule, frames)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = vrids.map(|vrid| scope.spawn(move || play_one(vrid))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn frr_does_as_we_do() {
    let played = frr(1..=8, false);
    let outcomes = played.iter().map(|(schedule, frames)| (schedule, compare(schedule, frames)));
    let decisions = assert_same(outcomes.collect());
    assert!(!decisions.contains(&Decision::FewerAnswers), "{decisions:?}");
}
