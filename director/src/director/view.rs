//! What is shown to those who ask.

use std::sync::Arc;

use vrrp_io::fsm::Cause;
use vrrp_io::{RouterId, Vrrp};

use crate::config::PlannedRouter;
use crate::notify::Word;

/// The routers and groups, for the status and the dumps; their states are asked for when shown.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) vrrp: Vrrp,
    pub(crate) entries: Vec<Entry>,
    pub(crate) groups: Vec<(String, Option<Word>)>,
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
    pub(super) fn new(vrrp: Vrrp) -> Self {
        Self { vrrp, entries: Vec::new(), groups: Vec::new(), reloads: 0, is_current: true }
    }
}
