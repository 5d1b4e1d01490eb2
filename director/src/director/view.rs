//! What is shown to those who ask.

use std::sync::{Arc, Mutex};

use vrrp_io::fsm::Cause;
use vrrp_io::{RouterId, Vrrp};

use crate::balancing::Handle;
use crate::config::PlannedRouter;
use crate::notify::Word;
use crate::tracking::bfd::BfdSessions;

/// The routers and groups, for the status and the dumps; their states are asked for when shown.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) vrrp: Vrrp,
    pub(crate) bfd: Arc<Mutex<BfdSessions>>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) groups: Vec<(String, Option<Word>)>,
    /// Of what is balanced.
    pub(crate) balancing: Option<Handle>,
    /// How often a configuration was taken.
    pub(crate) reloads: u64,
    /// Whether the last one was taken.
    pub(crate) is_current: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: RouterId,
    pub(crate) planned: Arc<PlannedRouter>,
    pub(crate) cause: Option<Cause>,
    pub(crate) group: Option<String>,
}

impl View {
    pub(super) fn new(vrrp: Vrrp, bfd: Arc<Mutex<BfdSessions>>) -> Self {
        let (entries, groups) = (Vec::new(), Vec::new());
        Self { vrrp, bfd, entries, groups, balancing: None, reloads: 0, is_current: true }
    }
}
