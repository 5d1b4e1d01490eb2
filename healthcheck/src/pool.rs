//! A pool: the servers of one service, and which of them are to be used.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use crate::server::{Server, ServerId};

/// How a pool decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    quorum: NonZeroU32,
    hysteresis: u32,
    sorry: Option<Sorry>,
}

/// What there is without a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Sorry {
    /// The sorry server, which is not there otherwise.
    Replaces,
    /// The sorry server, which is there with weight 0 otherwise.
    Stays,
}

impl PoolConfig {
    /// A quorum of 1, no hysteresis, no sorry server.
    pub const fn new() -> Self {
        Self { quorum: NonZeroU32::MIN, hysteresis: 0, sorry: None }
    }

    /// The least sum of the weights of servers that are up. One that all servers together do not reach is taken as
    /// what they do.
    #[must_use]
    pub const fn quorum(mut self, quorum: NonZeroU32) -> Self {
        self.quorum = quorum;
        self
    }

    /// A quorum is had from so much above on, and lost from so much below; at most the quorum less 1 counts.
    #[must_use]
    pub const fn hysteresis(mut self, hysteresis: u32) -> Self {
        self.hysteresis = hysteresis;
        self
    }

    /// Without a quorum a sorry server is used instead of those that are left.
    #[must_use]
    pub const fn sorry(mut self, sorry: Sorry) -> Self {
        self.sorry = Some(sorry);
        self
    }
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// One pool of a [`Health`](crate::Health).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolId(pub(crate) u32);

/// A server as it is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "who, and how much")]
pub struct Member {
    /// Who.
    pub who: Who,
    /// Its share; 0 for no new connections.
    pub weight: u32,
}

/// A server or the sorry server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Who {
    /// This one.
    Server(ServerId),
    /// The sorry server.
    Sorry,
}

#[derive(Clone, Debug)]
pub(crate) struct Pool {
    config: PoolConfig,
    pub(crate) servers: Vec<ServerId>,
    /// Of the servers that are up.
    sum: u64,
    /// Of all, as configured.
    whole: u64,
    has_quorum: bool,
}

impl Pool {
    pub(crate) fn new(config: PoolConfig) -> Self {
        Self { config, servers: Vec::new(), sum: 0, whole: 0, has_quorum: false }
    }

    pub(crate) fn has_quorum(&self) -> bool {
        self.has_quorum
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }

    pub(crate) fn add(&mut self, id: ServerId, server: &Server) {
        self.servers.push(id);
        self.whole += u64::from(server.configured_weight());
        self.sum += server.share();
    }

    /// A server that had one share has another.
    pub(crate) fn replace(&mut self, before: u64, after: u64) {
        self.sum = self.sum - before + after;
    }

    /// Decides anew, presuming what was; `true` when the quorum was had or lost.
    pub(crate) fn judge(&mut self, before: bool) -> bool {
        let whole = self.whole;
        let quorum = u64::from(self.config.quorum.get()).min(whole.max(1));
        let hysteresis = u64::from(self.config.hysteresis).min(quorum - 1);
        self.has_quorum = match before {
            true => self.sum >= quorum - hysteresis,
            // What all servers together do not reach would never come back.
            false => self.sum > 0 && self.sum >= (quorum + hysteresis).min(whole),
        };
        self.has_quorum != before
    }

    pub(crate) fn members<'a>(
        &'a self,
        servers: impl Fn(ServerId) -> &'a Server + 'a,
    ) -> impl Iterator<Item = Member> + 'a {
        let is_sorry = self.config.sorry.is_some() && !self.has_quorum;
        let sorry = match (self.config.sorry, is_sorry) {
            (Some(_), true) => Some(1),
            (Some(Sorry::Stays), false) => Some(0),
            _ => None,
        };
        let sorry = sorry.map(|weight| Member { who: Who::Sorry, weight });
        let members = self.servers.iter().filter_map(move |id| {
            let server = servers(*id);
            let is_used = server.is_up() && !is_sorry;
            let weight = if is_used { server.weight() } else { 0 };
            (is_used || server.stays()).then_some(Member { who: Who::Server(*id), weight })
        });
        members.chain(sorry)
    }
}
