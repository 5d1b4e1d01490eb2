//! What must always hold of pools, and mistakes that violate it.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use healthcheck::{CheckConfig, PoolConfig, ServerConfig, Sorry};

/// Something that must always hold of servers and pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the table names them all")]
pub enum Claim {
    /// See [`Claim::words`].
    ServersFollowChecks,
    /// See [`Claim::words`].
    ChecksKeepTime,
    /// See [`Claim::words`].
    QuorumDecides,
    /// See [`Claim::words`].
    MembersAreRight,
}

impl Claim {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ServersFollowChecks,
        Self::ChecksKeepTime,
        Self::QuorumDecides,
        Self::MembersAreRight,
    ];

    /// What is claimed.
    pub fn words(self) -> &'static str {
        match self {
            Self::ServersFollowChecks => {
                "A server is up when all of its checks are: each goes down with the failure after its retries, or with the \
                 first of all, and comes up with as many successes as it is to have"
            }
            Self::ChecksKeepTime => {
                "A check runs a period after its last result, or its retry delay after a failure that does not count; one \
                 that takes longer than its limit is ended then"
            }
            Self::QuorumDecides => {
                "A pool has its quorum from quorum + hysteresis on and until less than quorum - hysteresis, by the weights \
                 of servers that are up"
            }
            Self::MembersAreRight => {
                "Servers that are up are used with their weight; without a quorum the sorry server is in their place; who is \
                 to stay stays with weight 0"
            }
        }
    }
}

/// `quorum-decides`.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServersFollowChecks => "servers-follow-checks",
            Self::ChecksKeepTime => "checks-keep-time",
            Self::QuorumDecides => "quorum-decides",
            Self::MembersAreRight => "members-are-right",
        })
    }
}

/// A mistake in what a pool is configured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the table names them all")]
pub enum Slip {
    /// One failure more does not count.
    OneRetryMore,
    /// One success is enough.
    RisesAtOnce,
    /// A period is longer.
    LongerPeriod,
    /// The delay before a retry is that of a period.
    RetriesLate,
    /// A quorum of one is enough.
    SmallQuorum,
    /// There is no hysteresis.
    NoHysteresis,
    /// There is no sorry server.
    NotSorry,
    /// Nobody stays.
    NobodyStays,
}

impl Slip {
    /// Each, and what it violates.
    pub const ALL: [(Self, Claim); 8] = [
        (Self::OneRetryMore, Claim::ServersFollowChecks),
        (Self::RisesAtOnce, Claim::ServersFollowChecks),
        (Self::LongerPeriod, Claim::ChecksKeepTime),
        (Self::RetriesLate, Claim::ChecksKeepTime),
        (Self::SmallQuorum, Claim::QuorumDecides),
        (Self::NoHysteresis, Claim::QuorumDecides),
        (Self::NotSorry, Claim::MembersAreRight),
        (Self::NobodyStays, Claim::MembersAreRight),
    ];
}

/// A check as it is meant to be.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of a test")]
pub struct CheckPlan {
    /// Between two runs.
    pub period: Duration,
    /// Before the next run when a failure does not count.
    pub delay_before_retry: Duration,
    /// So many failures do not count.
    pub retries: u32,
    /// So many successes are needed.
    pub rise: NonZeroU32,
    /// What takes longer has failed.
    pub limit: Duration,
    /// It is down until it succeeds.
    pub begins_failed: bool,
}

impl CheckPlan {
    fn config(&self, slip: Option<Slip>) -> CheckConfig {
        let period = if slip == Some(Slip::LongerPeriod) { self.period * 2 } else { self.period };
        let delay = match slip {
            Some(Slip::RetriesLate) => self.period,
            _ => self.delay_before_retry,
        };
        let rise = if slip == Some(Slip::RisesAtOnce) { NonZeroU32::MIN } else { self.rise };
        CheckConfig::new(period)
            .retries(self.retries + u32::from(slip == Some(Slip::OneRetryMore)))
            .delay_before_retry(delay)
            .rise(rise)
            .warmup(Duration::ZERO)
            .limit(self.limit)
            .begins_failed(self.begins_failed)
    }
}

/// A server as it is meant to be.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of a test")]
pub struct ServerPlan {
    /// Its weight.
    pub weight: u32,
    /// With weight 0 it stays when it is down.
    pub stays: bool,
    /// Its checks, each of which has to be up.
    pub checks: Vec<CheckPlan>,
}

impl ServerPlan {
    fn config(&self, slip: Option<Slip>) -> ServerConfig {
        let stays = self.stays && slip != Some(Slip::NobodyStays);
        ServerConfig::new().weight(self.weight).stays(stays)
    }
}

/// A pool as it is meant to be.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of a test")]
pub struct PoolPlan {
    /// Weights up to which it has a quorum.
    pub quorum: NonZeroU32,
    /// More than the quorum to get it, less to lose it.
    pub hysteresis: u32,
    /// What becomes of the sorry server, if there is one.
    pub sorry: Option<Sorry>,
    /// Its servers.
    pub servers: Vec<ServerPlan>,
}

/// What a pool is run with: itself, its servers, their checks.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of a test")]
pub struct Configured {
    /// The pool.
    pub pool: PoolConfig,
    /// Each server with its checks.
    pub servers: Vec<(ServerConfig, Vec<CheckConfig>)>,
}

impl PoolPlan {
    /// What it is run with, when nobody else has said; with a slip, what that makes of it.
    pub fn configured(&self, slip: Option<Slip>) -> Configured {
        let servers = self.servers.iter().map(|server| {
            let checks = server.checks.iter().map(|check| check.config(slip));
            (server.config(slip), checks.collect())
        });
        Configured { pool: self.config(slip), servers: servers.collect() }
    }

    fn config(&self, slip: Option<Slip>) -> PoolConfig {
        let quorum = if slip == Some(Slip::SmallQuorum) { NonZeroU32::MIN } else { self.quorum };
        let hysteresis = if slip == Some(Slip::NoHysteresis) { 0 } else { self.hysteresis };
        let config = PoolConfig::new().quorum(quorum).hysteresis(hysteresis);
        match self.sorry.filter(|_| slip != Some(Slip::NotSorry)) {
            Some(sorry) => config.sorry(sorry),
            None => config,
        }
    }
}
