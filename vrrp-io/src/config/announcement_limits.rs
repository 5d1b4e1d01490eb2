use std::time::Duration;

/// How fast announcements of addresses may follow each other.
///
/// Switches and hosts with small tables may drop what comes faster. What has to wait is sent in its turn, as long as
/// its router has the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnouncementLimits {
    /// Of gratuitous ARP and of neighbour advertisements, on each interface by itself.
    pub(crate) intervals: (Duration, Duration),
    pub(crate) groups: Vec<LimitedGroup>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitedGroup {
    pub(crate) interfaces: Vec<String>,
    pub(crate) intervals: (Duration, Duration),
}

impl AnnouncementLimits {
    /// On every interface by itself, so much time between two gratuitous ARPs, and between two unsolicited
    /// neighbour advertisements. Zero is no limit.
    pub fn new(arp: Duration, neighbour_advertisement: Duration) -> Self {
        Self { intervals: (arp, neighbour_advertisement), groups: Vec::new() }
    }

    /// Adds interfaces that share one limit, as those that lead to the same switch.
    #[must_use]
    pub fn group(
        mut self,
        interfaces: impl IntoIterator<Item = impl Into<String>>,
        arp: Duration,
        neighbour_advertisement: Duration,
    ) -> Self {
        self.groups.push(LimitedGroup {
            interfaces: interfaces.into_iter().map(Into::into).collect(),
            intervals: (arp, neighbour_advertisement),
        });
        self
    }
}
