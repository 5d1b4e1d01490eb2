//! How the table is to be.

/// How the table is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Name of the table: 1 to 255 octets.
    pub table: String,
    /// Priority of its chains: those with smaller ones see a packet earlier.
    pub priority: i32,
    /// The rules that drop count what they drop.
    pub counters: bool,
    /// Interfaces are told by their index and not by their name.
    pub by_index: bool,
}

impl Settings {
    /// The priority is -1, just before the usual filters; nothing is counted; interfaces are told by
    /// their name.
    pub fn new(table: impl Into<String>) -> Self {
        Self { table: table.into(), priority: -1, counters: false, by_index: false }
    }

    /// Sets the priority of the chains.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets whether dropped packets are counted.
    #[must_use]
    pub fn counters(mut self, counters: bool) -> Self {
        self.counters = counters;
        self
    }

    /// Sets whether interfaces are told by their index.
    #[must_use]
    pub fn by_index(mut self, by_index: bool) -> Self {
        self.by_index = by_index;
        self
    }
}
