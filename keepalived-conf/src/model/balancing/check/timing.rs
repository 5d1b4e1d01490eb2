//! When a check is run.

use std::time::Duration;

use crate::tree::Section;

/// When a check is run, and what its results mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckTiming {
    /// `delay_loop`.
    pub period: Duration,
    /// `retry`.
    pub retries: u32,
    /// `delay_before_retry`.
    pub delay_before_retry: Duration,
    /// `warmup`.
    pub warmup: Duration,
    /// `alpha`: it has failed until it succeeds.
    pub begins_failed: bool,
    /// `log_all_failures`.
    pub logs_all_failures: Option<bool>,
}

/// keepalived's.
const PERIOD: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a service or a server says for checks that say nothing themselves.
#[derive(Clone, Debug, Default)]
pub(in crate::model::balancing) struct Defaults {
    period: Option<Duration>,
    timeout: Option<Duration>,
    retries: Option<u32>,
    delay_before_retry: Option<Duration>,
    warmup: Option<Duration>,
    pub(super) host: Option<String>,
    alpha: bool,
}

impl Defaults {
    pub(in crate::model::balancing) fn read(section: &Section) -> Self {
        Self {
            period: section.duration("delay_loop"),
            timeout: section.duration("connect_timeout"),
            retries: section.integer("retry").and_then(|it| u32::try_from(it).ok()),
            delay_before_retry: section.duration("delay_before_retry"),
            warmup: section.duration("warmup"),
            host: section.text("virtualhost").map(str::to_owned),
            alpha: false,
        }
    }

    /// With what a server says.
    pub(in crate::model::balancing) fn with(&self, section: &Section, alpha: bool) -> Self {
        let own = Self::read(section);
        Self {
            period: own.period.or(self.period),
            timeout: own.timeout.or(self.timeout),
            retries: own.retries.or(self.retries),
            delay_before_retry: own.delay_before_retry.or(self.delay_before_retry),
            warmup: own.warmup.or(self.warmup),
            host: own.host.or_else(|| self.host.clone()),
            alpha,
        }
    }

    pub(super) fn timeout(&self, section: &Section) -> Duration {
        section.duration("connect_timeout").or(self.timeout).unwrap_or(TIMEOUT)
    }

    pub(super) fn period(&self, section: &Section) -> Duration {
        section.duration("delay_loop").or(self.period).unwrap_or(PERIOD)
    }

    pub(super) fn timing(&self, section: &Section, keyword: &str) -> CheckTiming {
        let period = self.period(section);
        let (retries, delay) = match keyword {
            "MISC_CHECK" => (0, Duration::from_secs(1)),
            "DNS_CHECK" => (3, period),
            "HTTP_GET" | "SSL_GET" => (1, Duration::from_secs(3)),
            _ => (1, Duration::from_secs(1)),
        };
        let own = section.integer("retry").or_else(|| section.integer("nb_get_retry"));
        let own = own.and_then(|it| u32::try_from(it).ok());
        let own_delay = section.duration("delay_before_retry");
        CheckTiming {
            period,
            retries: own.or(self.retries).unwrap_or(retries),
            delay_before_retry: own_delay.or(self.delay_before_retry).unwrap_or(delay),
            warmup: section.duration("warmup").or(self.warmup).unwrap_or(period),
            begins_failed: section.boolean("alpha").unwrap_or(self.alpha),
            logs_all_failures: section.boolean("log_all_failures"),
        }
    }
}
