use std::collections::BTreeMap;
use std::time::Duration;

/// How interfaces are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceSettings {
    /// For how long an interface has to be down, and up, before that counts.
    pub(crate) delays: BTreeMap<String, (Duration, Duration)>,
    pub(crate) polled: Vec<String>,
    pub(crate) polls_all: bool,
    pub(crate) logs_unknown: bool,
}

impl InterfaceSettings {
    /// Interfaces are what the kernel says, at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// The interface counts as down or up only when it has been so for this long: one that flaps does not make
    /// routers change. One that is removed is down at once.
    #[must_use]
    pub fn delay(mut self, interface: impl Into<String>, down: Duration, up: Duration) -> Self {
        self.delays.insert(interface.into(), (down, up));
        self
    }

    /// The driver of the interface is asked for its carrier every second, because it does not tell of changes.
    #[must_use]
    pub fn poll(mut self, interface: impl Into<String>) -> Self {
        self.polled.push(interface.into());
        self
    }

    /// All drivers are asked.
    #[must_use]
    pub fn poll_all(mut self) -> Self {
        self.polls_all = true;
        self
    }

    /// Logs routers that speak on an interface and are not configured there, each once a minute.
    #[must_use]
    pub fn log_unknown_routers(mut self) -> Self {
        self.logs_unknown = true;
        self
    }

    pub(crate) fn polls(&self, interface: &str) -> bool {
        self.polls_all || self.polled.iter().any(|polled| polled == interface)
    }
}
