//! Sessions of BFD that routers track and checks follow.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use bfd_io::session::State;
use bfd_io::{Bfd, Counters, Notice, SessionConfig, SessionStatus, SetError};
use vrrp_io::Vrrp;
use vrrp_io::fsm::Standing;

use super::lock;
use crate::cause::chain;
use crate::process::scheduling::Scheduling;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BfdSession {
    /// Its name in the configuration.
    pub name: String,
    /// The item that routers track.
    pub item: String,
    /// Whether checks may follow it.
    pub tells_checks: bool,
    /// How it is run; `None` when it is not, and counts as down.
    pub config: Option<SessionConfig>,
}

/// The sessions that run. They end with this value.
#[derive(Debug, Default)]
pub struct BfdSessions {
    thread: Option<Bfd>,
    sessions: Vec<BfdSession>,
    /// All of them run that are to run.
    is_whole: bool,
    /// Items of sessions that are no longer configured.
    gone: Vec<String>,
    /// For the thread, which alone tells how a session is that runs.
    known: Arc<Mutex<Known>>,
}

/// Follows sessions beside the routers.
pub(crate) trait Follower: Debug + Send {
    /// A session is up, or not.
    fn follow(&self, session: String, is_up: bool);
}

type Peer = (IpAddr, bool);

/// What is known of sessions.
#[derive(Debug, Default)]
struct Known {
    /// Names and items by peer.
    names: BTreeMap<Peer, (String, String)>,
    /// What was told last, by name; nothing of a session whose peer was not heard yet.
    told: BTreeMap<String, bool>,
    /// Whose checks are told as well.
    follower: Option<Box<dyn Follower>>,
}

impl Known {
    fn tell_checks(&mut self, name: String, is_up: bool) {
        self.told.insert(name.clone(), is_up);
        if let Some(follower) = &self.follower {
            follower.follow(name, is_up);
        }
    }
}

impl BfdSessions {
    /// Runs these sessions from now on. One that goes on keeps its state; a new one is down until its peer is
    /// heard. A session that cannot run counts as down, and why is logged.
    pub fn set(&mut self, vrrp: &Vrrp, sessions: &[BfdSession], scheduling: &Scheduling) {
        if self.is_whole && sessions == self.sessions {
            return;
        }
        let is_old = |session: &&BfdSession| sessions.iter().all(|new| new.item != session.item);
        self.gone.extend(self.sessions.iter().filter(is_old).map(|old| old.item.clone()));
        self.gone.retain(|item| sessions.iter().all(|session| session.item != *item));
        let pair = |session: &BfdSession| (session.item.clone(), session.peer());
        let before: Vec<_> = self.sessions.iter().map(pair).collect();
        let is_new = |session: &&BfdSession| !before.contains(&pair(session));
        let mut known = lock(&self.known);
        // What the peer of then says is of no interest any more.
        known.names.retain(|peer, (name, _)| {
            let is_same =
                |session: &BfdSession| session.name == *name && session.peer() == Some(*peer);
            sessions.iter().any(is_same)
        });
        for session in sessions.iter().filter(is_new) {
            // A thread that is gone is noticed elsewhere, here and below.
            let _ = vrrp.report_later(session.item.clone(), Standing::Down);
            known.told.remove(&session.name);
        }
        drop(known);
        self.sessions = sessions.to_vec();
        self.is_whole = self.run(vrrp, scheduling);
    }

    /// How the sessions are, by name; those whose peer was not heard yet are missing.
    pub(crate) fn told(&self) -> BTreeMap<String, bool> {
        lock(&self.known).told.clone()
    }

    /// Checks are told from now on, and how the sessions are now.
    pub(crate) fn tell_checks(&mut self, follower: Option<Box<dyn Follower>>) {
        let mut known = lock(&self.known);
        known.follower = follower;
        known.told.retain(|name, _| self.sessions.iter().any(|session| session.name == *name));
        for (name, is_up) in known.told.clone() {
            known.tell_checks(name, is_up);
        }
    }

    /// Once no router tracks any more what is no longer configured: one that does all the same is not to take
    /// it for up.
    pub fn forget_gone(&mut self, vrrp: &Vrrp) {
        for item in self.gone.drain(..) {
            let _ = vrrp.report_later(item, Standing::Down);
        }
    }

    /// Runs what can be run, and says whether that is all.
    fn run(&mut self, vrrp: &Vrrp, scheduling: &Scheduling) -> bool {
        let mut wanted: Vec<BfdSession> = self.sessions.clone();
        for session in wanted.extract_if(.., |session| session.config.is_none()) {
            lock(&self.known).tell_checks(session.name, false);
        }
        let mut is_whole = true;
        loop {
            let peer = |session: &BfdSession| {
                Some((session.peer()?, (session.name.clone(), session.item.clone())))
            };
            lock(&self.known).names = wanted.iter().filter_map(peer).collect();
            let configs = wanted.iter().filter_map(|session| session.config.clone()).collect();
            let (error, port) = match self.try_run(vrrp, configs, scheduling) {
                Ok(()) => return is_whole,
                Err(Failure::Start(error)) => (error, None),
                Err(Failure::Set(error)) => (chain(&error), port_of(&error)),
            };
            is_whole = false;
            // Those of other ports run all the same.
            let is_left_out = |session: &BfdSession| match (port, &session.config) {
                (Some((is_ipv6, is_multihop)), Some(config)) => {
                    config.peer().is_ipv6() == is_ipv6 && config.is_multihop() == is_multihop
                }
                _ => true,
            };
            for session in wanted.extract_if(.., |session| is_left_out(session)) {
                tracing::error!(session = session.name, error, "a BFD session counts as down");
                let _ = vrrp.report_later(session.item, Standing::Down);
                lock(&self.known).tell_checks(session.name, false);
            }
            if port.is_none() {
                self.thread = None;
                return false;
            }
        }
    }

    fn try_run(
        &mut self,
        vrrp: &Vrrp,
        configs: Vec<SessionConfig>,
        scheduling: &Scheduling,
    ) -> Result<(), Failure> {
        if configs.is_empty() {
            self.thread = None;
            return Ok(());
        }
        let thread = match self.thread.take() {
            Some(thread) => thread,
            None => {
                let (known, vrrp) = (Arc::clone(&self.known), vrrp.clone());
                let scheduling = scheduling.clone();
                let prepare = move || scheduling.apply_to_thread();
                Bfd::start_prepared(prepare, move |notice| tell(&vrrp, &known, notice))
                    .map_err(|error| Failure::Start(chain(&error)))?
            }
        };
        self.thread.insert(thread).set(configs).map_err(Failure::Set)
    }

    /// Ends all sessions; their peers are told.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// The sessions by name, and how they are: those that do not run have no status.
    pub fn all(&self) -> Vec<(&str, Option<SessionStatus>)> {
        let thread = self.thread.as_ref();
        let statuses = thread.and_then(|thread| thread.status().ok()).unwrap_or_default();
        let of = |session: &BfdSession| {
            let is_its =
                |status: &&SessionStatus| session.peer() == Some((status.peer, status.is_multihop));
            statuses.iter().find(is_its).copied()
        };
        self.sessions.iter().map(|session| (session.name.as_str(), of(session))).collect()
    }

    /// Packets that reached no session.
    pub fn counters(&self) -> Counters {
        let thread = self.thread.as_ref();
        thread.and_then(|thread| thread.counters().ok()).unwrap_or_default()
    }
}

enum Failure {
    Start(String),
    Set(SetError),
}

/// Family and number of hops of the sessions that an error is about.
fn port_of(error: &SetError) -> Option<(bool, bool)> {
    match error {
        SetError::Receive { is_ipv6, port, .. } => {
            Some((*is_ipv6, *port == bfd_io::session::MULTIHOP_PORT))
        }
        _ => None,
    }
}

impl BfdSession {
    fn peer(&self) -> Option<Peer> {
        self.config.as_ref().map(|config| (config.peer(), config.is_multihop()))
    }
}

fn tell(vrrp: &Vrrp, known: &Mutex<Known>, notice: &Notice) {
    let is_held_down = |event: bfd_io::session::Event| event.remote_state == State::AdminDown;
    let standing = match (notice.state, notice.event) {
        (State::Up, _) => Standing::Up,
        // One that is new counts as down already; one that goes on is as it was.
        (_, None) => return,
        // RFC 5882 section 3.2: the peer's operator wants the session down, which says nothing of the path.
        (_, Some(event)) if is_held_down(event) => return,
        // On the way up, which a session that was held down by its peer may never reach.
        (State::Init, Some(_)) => return,
        _ => Standing::Down,
    };
    let mut known = lock(known);
    let Some((name, item)) = known.names.get(&(notice.peer, notice.is_multihop)).cloned() else {
        return;
    };
    known.tell_checks(name, standing == Standing::Up);
    drop(known);
    // A thread that is gone is noticed elsewhere.
    let _ = vrrp.report_later(item, standing);
}
