//! One session (RFC 5880 section 6.8).

mod receive;
mod transmit;

use core::num::NonZeroU8;
use core::time::Duration;

use crate::config::Config;
use crate::fields::{Diagnostic, Discriminator, Microseconds, State};
use crate::packet::ControlPacket;
use crate::time::Timestamp;

/// One end of a session: a state machine that does no I/O, reads no clock and draws no random number.
///
/// ```
/// # use core::{num::NonZeroU8, time::Duration};
/// # use bfd::{Config, Discriminator, Input, Jitter, Session, State, Timestamp};
/// let interval = Duration::from_millis(50);
/// let config = Config::new(interval, interval, NonZeroU8::new(3).unwrap())?;
/// let mut session = Session::new(config, Discriminator::new(7).unwrap());
/// let actions = session.handle(Timestamp::EPOCH, Input::Wake(Jitter::NONE));
/// assert_eq!(actions.transmit.unwrap().state, State::Down);
/// // Nobody answers: it goes on once a second.
/// let next = session.deadline().unwrap();
/// assert_eq!(next.saturating_since(Timestamp::EPOCH), Duration::from_secs(1));
/// # Ok::<(), bfd::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    config: Config,
    local: Discriminator,
    state: State,
    diagnostic: Diagnostic,
    remote: Remote,
    /// Polls until the peer has answered (RFC 5880 section 6.5).
    poll: Poll,
    /// What holds until the peer has answered.
    operative: Operative,
    jitter: Jitter,
    next_transmit: Timestamp,
    /// When the peer was heard the last time; `None` when it is not heard.
    heard: Option<Timestamp>,
    now: Timestamp,
    stats: Stats,
}

/// How far the agreement upon other intervals is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Poll {
    /// There is nothing to agree upon.
    Over,
    /// The peer was not yet asked about the present intervals: an answer is one to an earlier question.
    Due,
    /// It was asked.
    Sent,
}

/// What the peer said last.
#[derive(Clone, Copy, Debug)]
struct Remote {
    discriminator: Option<Discriminator>,
    state: State,
    diagnostic: Diagnostic,
    min_rx: Microseconds,
    min_tx: Microseconds,
    detect_mult: NonZeroU8,
    is_demand: bool,
}

impl Remote {
    /// RFC 5880 section 6.8.1.
    const UNKNOWN: Self = Self {
        discriminator: None,
        state: State::Down,
        diagnostic: Diagnostic::None,
        min_rx: Microseconds(1),
        min_tx: Microseconds(0),
        detect_mult: NonZeroU8::MIN,
        is_demand: false,
    };
}

/// A peer that was not told yet of a longer interval still counts on the shorter one, and the other way
/// round (RFC 5880 section 6.8.3).
#[derive(Clone, Copy, Debug)]
struct Operative {
    min_tx: Microseconds,
    min_rx: Microseconds,
}

/// How much earlier than due the next packet leaves, so that sessions do not fall into step: from 0, not at
/// all, to 255, by as much as RFC 5880 section 6.8.7 allows. Draw it anew for every wake-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "one number")]
pub struct Jitter(pub u8);

impl Jitter {
    /// As late as allowed, for tests and simulations. The RFC wants it random.
    pub const NONE: Self = Self(0);
}

/// What happens to a session.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver knows all that it can tell")]
pub enum Input<'a> {
    /// A packet arrived that was addressed to this session, or that named none and came from its peer.
    Packet(&'a ControlPacket),
    /// The [deadline](Session::deadline) has come. Earlier or again does no harm.
    Wake(Jitter),
    /// The operator holds it down.
    Disable,
    /// The operator lets it go on.
    Enable,
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a peer that is not told counts us as gone"]
#[expect(clippy::exhaustive_structs, reason = "a new duty is to break the driver's build")]
pub struct Actions {
    /// Send this to the peer.
    pub transmit: Option<ControlPacket>,
    /// Tell whoever depends on the session.
    pub event: Option<Event>,
}

/// The session has another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The state before.
    pub from: State,
    /// The state now.
    pub to: State,
    /// Why it went down the last time.
    pub diagnostic: Diagnostic,
    /// What the peer's state is. A session that goes down because the peer's operator wants so says
    /// nothing about the path (RFC 5882 section 3.2).
    pub remote_state: State,
    /// Why the peer's session went down the last time.
    pub remote_diagnostic: Diagnostic,
}

/// Counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Packets sent.
    pub sent: u64,
    /// Packets that were accepted.
    pub received: u64,
    /// Packets that were for another session, or for none in a state that does not allow it.
    pub discarded: u64,
    /// How often it went up.
    pub went_up: u64,
    /// How often it left Up.
    pub went_down: u64,
}

impl Session {
    /// A session that is Down and has said nothing yet. `local` is unique on this system, and random
    /// (RFC 5880 section 6.8.1).
    pub fn new(config: Config, local: Discriminator) -> Self {
        Self {
            config,
            local,
            state: State::Down,
            diagnostic: Diagnostic::None,
            remote: Remote::UNKNOWN,
            poll: Poll::Over,
            operative: Operative { min_tx: config.idle_tx, min_rx: config.required_min_rx },
            jitter: Jitter::NONE,
            next_transmit: Timestamp::EPOCH,
            heard: None,
            now: Timestamp::EPOCH,
            stats: Stats::default(),
        }
    }

    /// The only way in. Total and infallible; time that runs backward stands still.
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>) -> Actions {
        self.now = self.now.max(now);
        let before = self.state;
        let mut actions = Actions::default();
        match input {
            Input::Packet(packet) => self.receive(packet, &mut actions),
            Input::Wake(jitter) => {
                self.jitter = jitter;
                self.expire();
                if self.sends() && self.next_transmit <= self.now {
                    self.transmit_periodically(&mut actions);
                }
            }
            Input::Disable => self.disable(),
            Input::Enable => {
                if self.state == State::AdminDown {
                    // What the peer said before may no longer be so.
                    self.remote = Remote::UNKNOWN;
                    self.enter(State::Down, Diagnostic::None);
                    self.next_transmit = self.now;
                }
            }
        }
        if before != self.state {
            actions.event = Some(Event {
                from: before,
                to: self.state,
                diagnostic: self.diagnostic,
                remote_state: self.remote.state,
                remote_diagnostic: self.remote.diagnostic,
            });
            // RFC 5880 section 6.8.7: news do not wait for the next packet that is due.
            if actions.transmit.is_none() && self.may_speak() {
                self.transmit_periodically(&mut actions);
            }
        }
        actions
    }

    /// When to wake it at the latest; `None` for not at all. It changes only inside [`handle`](Self::handle)
    /// and [`reconfigure`](Self::reconfigure).
    pub fn deadline(&self) -> Option<Timestamp> {
        let next = self.sends().then_some(self.next_transmit);
        next.into_iter().chain(self.detection()).min()
    }

    /// Its state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Its own discriminator.
    pub fn discriminator(&self) -> Discriminator {
        self.local
    }

    /// The peer's discriminator, once it was heard.
    pub fn remote_discriminator(&self) -> Option<Discriminator> {
        self.remote.discriminator
    }

    /// What the peer says of itself.
    pub fn remote_state(&self) -> State {
        self.remote.state
    }

    /// Why it went down the last time.
    pub fn diagnostic(&self) -> Diagnostic {
        self.diagnostic
    }

    /// The time between two of our packets, before jitter.
    pub fn transmit_interval(&self) -> Duration {
        self.operative.min_tx.max(self.remote.min_rx).duration()
    }

    /// After so long a silence the peer counts as gone (RFC 5880 section 6.8.4).
    pub fn detection_time(&self) -> Duration {
        let interval = self.operative.min_rx.max(self.remote.min_tx).duration();
        interval.saturating_mul(self.remote.detect_mult.get().into())
    }

    /// When the peer counts as gone. Longer intervals that are to be agreed upon count at once, shorter ones
    /// when the peer has answered.
    fn detection(&self) -> Option<Timestamp> {
        self.heard.map(|heard| heard + self.detection_time())
    }

    /// What it counted.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Gives it another configuration; a session that is Up stays so, and agrees with the peer on the new
    /// intervals.
    pub fn reconfigure(&mut self, config: Config) {
        let before = self.operative;
        self.config = config;
        let wanted = self.wanted();
        if self.state != State::Up {
            self.operative = wanted;
            return;
        }
        if (wanted.min_tx, wanted.min_rx) != (before.min_tx, before.min_rx) {
            self.poll = Poll::Due;
        }
        self.operative = Operative {
            min_tx: wanted.min_tx.min(before.min_tx),
            min_rx: wanted.min_rx.max(before.min_rx),
        };
    }

    /// What the configuration says for this state.
    fn wanted(&self) -> Operative {
        let min_tx = match self.state {
            State::Up => self.config.desired_min_tx,
            _ => self.config.idle_tx,
        };
        Operative { min_tx, min_rx: self.config.required_min_rx }
    }

    fn enter(&mut self, state: State, diagnostic: Diagnostic) {
        if state == self.state {
            return;
        }
        self.stats.went_up += u64::from(state == State::Up);
        self.stats.went_down += u64::from(self.state == State::Up);
        if state != State::Init && state != State::Up {
            self.diagnostic = diagnostic;
        }
        let before = self.operative.min_tx;
        self.state = state;
        self.operative = self.wanted();
        // RFC 5880 section 6.8.3: a change of the interval is agreed upon by a poll.
        let is_other = state == State::Up && self.operative.min_tx != before;
        self.poll = if is_other { Poll::Due } else { Poll::Over };
    }

    /// The peer fell silent.
    fn expire(&mut self) {
        if self.detection().is_none_or(|detection| self.now < detection) {
            return;
        }
        self.heard = None;
        if matches!(self.state, State::Init | State::Up) {
            self.enter(State::Down, Diagnostic::ControlDetectionTimeExpired);
        }
        // RFC 5880 section 6.8.1, bfd.RemoteDiscr. What it said of itself holds no longer.
        self.remote = Remote::UNKNOWN;
    }

    fn disable(&mut self) {
        self.enter(State::AdminDown, Diagnostic::AdministrativelyDown);
        self.heard = None;
    }
}
