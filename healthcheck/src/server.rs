//! A server: up when all of its checks are.

use alloc::vec::Vec;

use crate::health::CheckId;
use crate::pool::PoolId;

/// How a server is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    weight: u32,
    stays: bool,
}

impl ServerConfig {
    /// Weight 1; gone when it is down.
    pub const fn new() -> Self {
        Self { weight: 1, stays: false }
    }

    /// Another weight; 0 for no new connections.
    #[must_use]
    pub const fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// When it is down it stays, with weight 0, so that its connections go on (keepalived's `inhibit_on_failure`).
    #[must_use]
    pub const fn stays(mut self, stays: bool) -> Self {
        self.stays = stays;
        self
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// One server of a [`Health`](crate::Health).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub(crate) u32);

#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) pool: PoolId,
    config: ServerConfig,
    pub(crate) checks: Vec<CheckId>,
    is_up: bool,
    weight: u32,
}

/// The most that the kernel takes.
const MOST: i64 = i32::MAX as i64;

impl Server {
    pub(crate) fn new(pool: PoolId, config: ServerConfig) -> Self {
        Self { pool, config, checks: Vec::new(), is_up: true, weight: config.weight }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up
    }

    pub(crate) fn weight(&self) -> u32 {
        self.weight
    }

    /// What it adds to the sum of its pool.
    pub(crate) fn share(&self) -> u64 {
        if self.is_up { u64::from(self.weight) } else { 0 }
    }

    pub(crate) fn configured_weight(&self) -> u32 {
        self.config.weight
    }

    pub(crate) fn stays(&self) -> bool {
        self.config.stays
    }

    /// What its checks say now: whether it came up or went down, and whether it has another weight.
    pub(crate) fn update(
        &mut self,
        checks: impl Iterator<Item = (bool, crate::Weight)>,
    ) -> (bool, bool) {
        let before = (self.is_up, self.weight);
        self.is_up = true;
        let mut weight = i64::from(self.config.weight);
        let mut more = 0i64;
        for (is_up, said) in checks {
            self.is_up &= is_up;
            match said {
                crate::Weight::Configured => {}
                crate::Weight::Is(other) => weight = i64::from(other),
                crate::Weight::By(part) => more = more.saturating_add(part),
            }
        }
        let weight = weight.saturating_add(more).clamp(0, MOST);
        self.weight = u32::try_from(weight).unwrap_or(0);
        (self.is_up != before.0, self.weight != before.1)
    }
}
