//! The thread: feeds packets, timers and commands to the sessions and performs what they ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Commands, SyncSender, TryRecvError};
use std::time::{Duration, Instant};

use bfd::{
    Actions, ControlPacket, Discriminator, Event, HOP_LIMIT, Input, Jitter, MULTIHOP_PORT,
    SINGLE_HOP_PORT, Session, State, Stats, Timestamp,
};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::eventfd::EventFd;
use nix::sys::time::TimeSpec;
use socket2::Socket;

use crate::config::SessionConfig;
use crate::error::SetError;
use crate::socket::{self, Receiver};

/// Packets of one socket that are taken at least before timers and other sockets have their turn; with many
/// sessions it is two for each, so that a peer whose packet waits is found before its time is over.
const PACKETS: usize = 64;
/// How often a peer is told that a session ends: a packet can be lost.
const FAREWELLS: usize = 3;

/// A request to the thread; the answer goes through the sender.
pub(crate) enum Command {
    Set(Vec<SessionConfig>, SyncSender<Result<(), SetError>>),
    Status(SyncSender<Vec<SessionStatus>>),
    Counters(SyncSender<Counters>),
    Exit,
}

/// How a session is, now that it has changed or was [set](crate::Bfd::set).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// The peer.
    pub peer: IpAddr,
    /// Whether the peer may be several hops away.
    pub is_multihop: bool,
    /// The state now.
    pub state: State,
    /// What happened; `None` when it was set.
    pub event: Option<Event>,
}

/// How a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionStatus {
    /// The peer.
    pub peer: IpAddr,
    /// Whether the peer may be several hops away.
    pub is_multihop: bool,
    /// Its state.
    pub state: State,
    /// What the peer says of its own.
    pub remote_state: State,
    /// The time between two of our packets, before jitter.
    pub transmit_interval: Duration,
    /// After so long a silence the peer counts as gone.
    pub detection_time: Duration,
    /// What it counted.
    pub stats: Stats,
}

/// Packets that reached no session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Not packets of BFD, or with authentication.
    pub invalid: u64,
    /// With a TTL or hop limit of one who is farther away than allowed.
    pub hop_limit: u64,
    /// For a session that is not here.
    pub unknown: u64,
}

/// What packets that name no session are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    peer: IpAddr,
    is_multihop: bool,
}

impl Key {
    fn of(config: &SessionConfig) -> Self {
        Self { peer: config.peer, is_multihop: config.is_multihop }
    }

    /// Family and port that its packets arrive on.
    fn port(self) -> Port {
        (self.peer.is_ipv6(), if self.is_multihop { MULTIHOP_PORT } else { SINGLE_HOP_PORT })
    }
}

type Port = (bool, u16);

struct Running {
    config: SessionConfig,
    session: Session,
    /// Opened when there is something to send: its source may come later.
    sender: Option<Socket>,
    /// That it sends from.
    port: Option<u16>,
    is_failing: bool,
    /// As it is among the deadlines.
    deadline: Option<Timestamp>,
}

pub(crate) struct Driver {
    epoch: Instant,
    commands: Commands<Command>,
    wake: Arc<EventFd>,
    tell: Box<dyn FnMut(&Notice) + Send>,
    receivers: BTreeMap<Port, Receiver>,
    sessions: BTreeMap<Key, Running>,
    keys: BTreeMap<Discriminator, Key>,
    deadlines: BTreeSet<(Timestamp, Key)>,
    counters: Counters,
}

impl Driver {
    pub(crate) fn new(
        commands: Commands<Command>,
        wake: Arc<EventFd>,
        tell: Box<dyn FnMut(&Notice) + Send>,
    ) -> Self {
        Self {
            epoch: Instant::now(),
            commands,
            wake,
            tell,
            receivers: BTreeMap::new(),
            sessions: BTreeMap::new(),
            keys: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            counters: Counters::default(),
        }
    }

    pub(crate) fn run(mut self) {
        loop {
            let ready = match self.wait() {
                Ok(ready) => ready,
                // Nothing is known of the sockets, so no timer may expire.
                Err(Errno::EINTR) => continue,
                Err(errno) => {
                    tracing::error!(%errno, "cannot wait for packets; all BFD sessions end");
                    break;
                }
            };
            // Packets before timers: a peer whose packet waits in the socket is not gone.
            let turn = self.now();
            for port in ready {
                self.receive(port);
            }
            while let Some((deadline, key)) = self.deadlines.first().copied()
                && deadline <= turn
            {
                let [jitter, ..] = socket::random().to_ne_bytes();
                self.input(key, Input::Wake(Jitter(jitter)));
            }
            if self.take_commands().is_break() {
                break;
            }
        }
        let keys: Vec<Key> = self.sessions.keys().copied().collect();
        for key in keys {
            self.end(key);
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_epoch(self.epoch.elapsed())
    }

    /// Waits for packets, the next deadline or a command, and returns the ports that have packets.
    fn wait(&self) -> nix::Result<Vec<Port>> {
        let timeout = self
            .deadlines
            .first()
            .map(|(deadline, _)| TimeSpec::from_duration(deadline.saturating_since(self.now())));
        let mut fds = vec![PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
        let receivers = self.receivers.values();
        fds.extend(receivers.map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)));
        ppoll(&mut fds, timeout, None)?;
        if fds[0].any().unwrap_or(false) {
            // The commands say what there is.
            let _ = self.wake.read();
        }
        let ready = self.receivers.keys().zip(&fds[1..]);
        Ok(ready.filter(|(_, fd)| fd.any().unwrap_or(false)).map(|(port, _)| *port).collect())
    }

    fn receive(&mut self, port: Port) {
        let mut buffer = Receiver::buffer();
        for _ in 0..PACKETS.max(2 * self.sessions.len()) {
            let Some(receiver) = self.receivers.get_mut(&port) else { return };
            let received = match receiver.receive(&mut buffer) {
                Ok(Some(received)) => received,
                Ok(None) => return,
                Err(error) => {
                    tracing::debug!(%error, "receive");
                    return;
                }
            };
            let Ok(packet) = ControlPacket::decode(received.octets) else {
                self.counters.invalid += 1;
                continue;
            };
            let by_source = Key { peer: received.source, is_multihop: port.1 == MULTIHOP_PORT };
            // RFC 5880 section 6.8.6: the discriminator selects the session, without one the source does.
            let key = match packet.your_discriminator {
                Some(named) => self.keys.get(&named).copied().filter(|key| key.port() == port),
                None => Some(by_source),
            };
            let Some((key, running)) = key.and_then(|key| Some((key, self.sessions.get(&key)?)))
            else {
                self.counters.unknown += 1;
                continue;
            };
            // Who names no session may be anybody, and one that is Up is not to be brought down by that: a
            // peer that has restarted is noticed by its silence.
            let is_doubtful = packet.your_discriminator.is_none()
                && running.session.state() == State::Up
                && received.hop_limit < HOP_LIMIT;
            if received.hop_limit < running.config.least_hop_limit || is_doubtful {
                self.counters.hop_limit += 1;
                continue;
            }
            self.input(key, Input::Packet(&packet));
        }
    }

    fn input(&mut self, key: Key, input: Input<'_>) {
        let now = self.now();
        let Some(running) = self.sessions.get_mut(&key) else { return };
        let Actions { transmit, event } = running.session.handle(now, input);
        let deadline = running.session.deadline();
        if deadline != running.deadline {
            if let Some(before) = running.deadline {
                self.deadlines.remove(&(before, key));
            }
            self.deadlines.extend(deadline.map(|deadline| (deadline, key)));
            running.deadline = deadline;
        }
        if let Some(packet) = transmit {
            running.send(key, &packet);
        }
        if let Some(event) = event {
            let Event { from, to, diagnostic, .. } = event;
            tracing::info!(peer = %key.peer, ?from, ?to, ?diagnostic, "BFD session");
            self.tell(key, to, Some(event));
        }
    }

    fn tell(&mut self, key: Key, state: State, event: Option<Event>) {
        let Key { peer, is_multihop } = key;
        (self.tell)(&Notice { peer, is_multihop, state, event });
    }

    fn take_commands(&mut self) -> ControlFlow<()> {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Set(sessions, reply)) => {
                    let outcome = self.set(sessions);
                    // Whoever asked may have given up waiting, here and below.
                    let _ = reply.try_send(outcome);
                }
                Ok(Command::Status(reply)) => {
                    let _ = reply.try_send(self.status());
                }
                Ok(Command::Counters(reply)) => {
                    let _ = reply.try_send(self.counters);
                }
                Err(TryRecvError::Empty) => return ControlFlow::Continue(()),
                Ok(Command::Exit) | Err(TryRecvError::Disconnected) => {
                    return ControlFlow::Break(());
                }
            }
        }
    }

    /// All or none.
    fn set(&mut self, configs: Vec<SessionConfig>) -> Result<(), SetError> {
        let mut wanted = BTreeMap::new();
        for config in configs {
            let peer = config.peer;
            if let Some(address) = config.source.filter(|s| s.is_ipv6() != peer.is_ipv6()) {
                return Err(SetError::OtherFamily { address, peer });
            }
            if wanted.insert(Key::of(&config), config).is_some() {
                return Err(SetError::Twice { peer });
            }
        }
        let mut opened = BTreeMap::new();
        for (is_ipv6, port) in wanted.keys().map(|key| key.port()) {
            if !self.receivers.contains_key(&(is_ipv6, port)) {
                let receiver = Receiver::open(is_ipv6, port)
                    .map_err(|source| SetError::Receive { is_ipv6, port, source })?;
                opened.insert((is_ipv6, port), receiver);
            }
        }
        self.receivers.extend(opened);
        let gone = self.sessions.keys().filter(|key| !wanted.contains_key(key));
        for key in gone.copied().collect::<Vec<_>>() {
            self.end(key);
        }
        for (key, config) in wanted {
            self.begin(key, config);
        }
        let sessions = &self.sessions;
        self.receivers.retain(|port, _| sessions.keys().any(|key| key.port() == *port));
        let states = self.sessions.iter().map(|(key, running)| (*key, running.session.state()));
        for (key, state) in states.collect::<Vec<_>>() {
            self.tell(key, state, None);
        }
        Ok(())
    }

    fn begin(&mut self, key: Key, config: SessionConfig) {
        if let Some(running) = self.sessions.get_mut(&key) {
            if running.config.timers != config.timers {
                running.session.reconfigure(config.timers);
            }
            let of_sender = |config: &SessionConfig| (config.source, config.hop_limit);
            if of_sender(&running.config) != of_sender(&config) {
                running.sender = None;
            }
            running.config = config;
        } else {
            let discriminator = self.new_discriminator();
            let session = Session::new(config.timers, discriminator);
            self.keys.insert(discriminator, key);
            let running = Running {
                config,
                session,
                sender: None,
                port: None,
                is_failing: false,
                deadline: None,
            };
            self.sessions.insert(key, running);
        }
        self.input(key, Input::Wake(Jitter::NONE));
    }

    /// Unique here, and random (RFC 5880 section 6.8.1).
    fn new_discriminator(&self) -> Discriminator {
        loop {
            let [a, b, c, d, ..] = socket::random().to_ne_bytes();
            let drawn = Discriminator::new(u32::from_ne_bytes([a, b, c, d]));
            if let Some(drawn) = drawn.filter(|drawn| !self.keys.contains_key(drawn)) {
                return drawn;
            }
        }
    }

    fn end(&mut self, key: Key) {
        let Some(running) = self.sessions.get_mut(&key) else { return };
        let now = Timestamp::from_epoch(self.epoch.elapsed());
        // Nobody is told but the peer: whoever ends a session knows.
        if let Some(packet) = running.session.handle(now, Input::Disable).transmit {
            (0..FAREWELLS).for_each(|_| running.send(key, &packet));
        }
        if let Some(running) = self.sessions.remove(&key) {
            self.keys.remove(&running.session.discriminator());
            if let Some(deadline) = running.deadline {
                self.deadlines.remove(&(deadline, key));
            }
        }
    }

    fn status(&self) -> Vec<SessionStatus> {
        let status = |(key, running): (&Key, &Running)| SessionStatus {
            peer: key.peer,
            is_multihop: key.is_multihop,
            state: running.session.state(),
            remote_state: running.session.remote_state(),
            transmit_interval: running.session.transmit_interval(),
            detection_time: running.session.detection_time(),
            stats: *running.session.stats(),
        };
        self.sessions.iter().map(status).collect()
    }
}

impl Running {
    /// What cannot be sent is as good as lost: the peer notices. It is said once.
    fn send(&mut self, key: Key, packet: &ControlPacket) {
        match self.try_send(key, packet) {
            Ok(()) => self.is_failing = false,
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(peer = %key.peer, %error, "a BFD packet cannot be sent");
                }
            }
        }
    }

    fn try_send(&mut self, key: Key, packet: &ControlPacket) -> io::Result<()> {
        let socket = match self.sender.take() {
            Some(socket) => socket,
            None => {
                let (socket, port) = socket::sender(&self.config, self.port)?;
                self.port = Some(port);
                socket
            }
        };
        let socket = self.sender.insert(socket);
        let to = SocketAddr::new(key.peer, key.port().1);
        socket.send_to(&packet.encode(), &to.into()).map(|_| ())
    }
}
