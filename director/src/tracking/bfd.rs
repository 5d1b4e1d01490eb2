//! Sessions of BFD that routers track.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use bfd_io::session::State;
use bfd_io::{Bfd, Notice, SessionConfig, SessionStatus};
use vrrp_io::Vrrp;
use vrrp_io::fsm::Standing;

use super::{Listener, lock};
use crate::cause::chain;
use crate::process::scheduling::Scheduling;

/// A session that routers track.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BfdSession {
    /// Its name in the configuration.
    pub name: String,
    /// The item that routers track.
    pub item: String,
    /// How it is run; `None` when it is not, and counts as down.
    pub config: Option<SessionConfig>,
}

/// The sessions that run. They end with this value.
#[derive(Debug, Default)]
pub struct BfdSessions {
    thread: Option<Bfd>,
    sessions: Vec<BfdSession>,
    /// The items by peer, for the thread.
    items: Arc<Mutex<Items>>,
}

type Peer = (IpAddr, bool);
type Items = BTreeMap<Peer, String>;

impl BfdSessions {
    /// Runs these sessions from now on. One that goes on keeps its state; a new one is down until its peer is
    /// heard. A session that cannot run counts as down, and why is logged.
    pub fn set(&mut self, vrrp: &Vrrp, sessions: &[BfdSession], scheduling: &Scheduling) {
        if sessions == self.sessions {
            return;
        }
        let listener: Arc<dyn Listener> = Arc::new(vrrp.clone());
        let items: Items =
            sessions.iter().filter_map(|s| Some((s.peer()?, s.item.clone()))).collect();
        let before: Vec<Peer> = self.sessions.iter().filter_map(BfdSession::peer).collect();
        *lock(&self.items) = items;
        let is_new =
            |session: &&BfdSession| session.peer().is_none_or(|peer| !before.contains(&peer));
        for session in sessions.iter().filter(is_new) {
            // A thread that is gone is noticed elsewhere, here and below.
            let _ = listener.tell(session.item.clone(), Standing::Down);
        }
        if let Err(error) = self.run(&listener, sessions, scheduling) {
            tracing::error!(error, "BFD sessions count as down");
            for session in sessions {
                let _ = listener.tell(session.item.clone(), Standing::Down);
            }
            self.thread = None;
        } else {
            // A session that goes on may have another name now.
            for status in self.status().into_iter().filter(|status| status.state == State::Up) {
                let item = lock(&self.items).get(&(status.peer, status.is_multihop)).cloned();
                let _ = item.map(|item| listener.tell(item, Standing::Up));
            }
        }
        self.sessions = sessions.to_vec();
    }

    fn run(
        &mut self,
        listener: &Arc<dyn Listener>,
        sessions: &[BfdSession],
        scheduling: &Scheduling,
    ) -> Result<(), String> {
        let configs: Vec<SessionConfig> =
            sessions.iter().filter_map(|s| s.config.clone()).collect();
        if configs.is_empty() {
            self.thread = None;
            return Ok(());
        }
        let thread = match self.thread.take() {
            Some(thread) => thread,
            None => {
                let (items, listener) = (Arc::clone(&self.items), Arc::clone(listener));
                let scheduling = scheduling.clone();
                let prepare = move || scheduling.apply_to_thread();
                Bfd::start_prepared(prepare, move |notice| tell(&*listener, &items, notice))
                    .map_err(|error| chain(&error))?
            }
        };
        let thread = self.thread.insert(thread);
        thread.set(configs).map_err(|error| chain(&error))
    }

    fn status(&self) -> Vec<SessionStatus> {
        let thread = self.thread.as_ref();
        thread.and_then(|thread| thread.status().ok()).unwrap_or_default()
    }

    /// Ends all sessions; their peers are told.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// The sessions by name, and how they are: those that do not run have no status.
    pub fn all(&self) -> Vec<(&str, Option<SessionStatus>)> {
        let statuses = self.status();
        let of = |session: &BfdSession| {
            let is_its =
                |status: &&SessionStatus| session.peer() == Some((status.peer, status.is_multihop));
            statuses.iter().find(is_its).copied()
        };
        self.sessions.iter().map(|session| (session.name.as_str(), of(session))).collect()
    }
}

impl BfdSession {
    fn peer(&self) -> Option<Peer> {
        self.config.as_ref().map(|config| (config.peer(), config.is_multihop()))
    }
}

fn tell(listener: &dyn Listener, items: &Mutex<Items>, notice: &Notice) {
    let event = &notice.event;
    let standing = match (event.from, event.to) {
        (_, State::Up) => Standing::Up,
        // RFC 5882 section 3.2: the peer's operator wants the session down, which says nothing of the path.
        (State::Up, _) if event.remote_state == State::AdminDown => return,
        (State::Up, _) => Standing::Down,
        _ => return,
    };
    let item = lock(items).get(&(notice.peer, notice.is_multihop)).cloned();
    let _ = item.map(|item| listener.tell(item, standing));
}
