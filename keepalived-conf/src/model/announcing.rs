//! `garp_…` and `vrrp_garp_…`.

use std::time::Duration;

use crate::tree::{Section, Value};

/// `garp_…`: when and how often addresses are announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Announcing {
    /// `garp_master_delay`: until the second burst; zero for none.
    pub delay: Duration,
    /// `garp_master_repeat`: per burst and address.
    pub repeat: u32,
    /// `garp_master_refresh`: from refresh to refresh; zero for none.
    pub refresh: Duration,
    /// `garp_master_refresh_repeat`.
    pub refresh_repeat: u32,
    /// `garp_lower_prio_delay`: until the second burst after a conflict.
    pub lower_prio_delay: Duration,
    /// `garp_lower_prio_repeat`: per burst after a conflict; zero for none.
    pub lower_prio_repeat: u32,
}

/// `garp_extra_if`: announcements of a VMAC on other interfaces, so that switches know where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtraAnnouncing {
    /// `all`: on every interface, not only on the one below.
    pub is_everywhere: bool,
    /// From one to the next.
    pub interval: Duration,
}

impl ExtraAnnouncing {
    /// `None` where nothing is said, `Some(None)` where there are to be none.
    pub(super) fn read(section: &Section, names: &[&str]) -> Option<Option<Self>> {
        let entry = names.iter().find_map(|name| section.get(name))?;
        let values = entry.values()?;
        let seconds = values.at(1).and_then(Value::integer)?;
        let interval = Duration::from_secs(seconds.try_into().ok()?);
        let is_everywhere = values.at(0).is_some();
        Some((!interval.is_zero()).then_some(Self { is_everywhere, interval }))
    }
}

impl Default for Announcing {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(5),
            repeat: 5,
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_prio_delay: Duration::from_secs(5),
            lower_prio_repeat: 5,
        }
    }
}

impl Announcing {
    /// Takes what the section says; the keywords begin with `prefix`.
    pub(super) fn read(&mut self, section: &Section, prefix: &str) {
        let count = |name: &str| {
            section.integer(&format!("{prefix}_{name}")).and_then(|count| u32::try_from(count).ok())
        };
        let time = |name: &str| {
            section
                .duration(&format!("{prefix}_{name}"))
                .or_else(|| count(name).map(|seconds| Duration::from_secs(seconds.into())))
        };
        // Only the global ones are defaults for those of a conflict.
        let is_global = prefix == "vrrp_garp";
        if let Some(delay) = time("master_delay") {
            self.delay = delay;
            self.lower_prio_delay = if is_global { delay } else { self.lower_prio_delay };
        }
        if let Some(repeat) = count("master_repeat") {
            self.repeat = repeat.max(1);
            self.lower_prio_repeat = if is_global { self.repeat } else { self.lower_prio_repeat };
        }
        if let Some(refresh) = time("master_refresh") {
            self.refresh = refresh;
        }
        if let Some(repeat) = count("master_refresh_repeat") {
            self.refresh_repeat = repeat.max(1);
        }
        if let Some(delay) = time("lower_prio_delay") {
            self.lower_prio_delay = delay;
        }
        if let Some(repeat) = count("lower_prio_repeat") {
            self.lower_prio_repeat = repeat;
        }
    }
}
