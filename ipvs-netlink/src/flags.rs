use std::ops::BitOr;

use crate::scheduler::Scheduler;
use crate::uapi::service::{F_HASHED, F_PERSISTENT};

/// Flags of a service (`IP_VS_SVC_F_…`), but those that say that it is persistent and in the table; combine
/// with `|`. The three of the scheduler mean what the scheduler makes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceFlags(u32);

impl ServiceFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Every packet is scheduled for itself; UDP only.
    pub const ONE_PACKET: Self = Self(0x04);
    /// `sh`: another server when the weight of the right one is 0.
    pub const SH_FALLBACK: Self = Self(0x08);
    /// `sh`: by the port of the client as well.
    pub const SH_PORT: Self = Self(0x10);
    /// `mh`: another server when the weight of the right one is 0.
    pub const MH_FALLBACK: Self = Self(0x08);
    /// `mh`: by the port of the client as well.
    pub const MH_PORT: Self = Self(0x10);
    /// The scheduler's first flag.
    pub const SCHEDULER_1: Self = Self(0x08);
    /// The scheduler's second flag.
    pub const SCHEDULER_2: Self = Self(0x10);
    /// The scheduler's third flag.
    pub const SCHEDULER_3: Self = Self(0x20);

    /// Whether all of the other flags are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The flag of this name, as `ipvsadm` has it: `flag-1` to `flag-3`, or what the scheduler calls it.
    pub fn from_name(name: &str, scheduler: Option<&Scheduler>) -> Option<Self> {
        let mut all = scheduler_flags(None).into_iter().chain(scheduler_flags(scheduler));
        all.find(|(_, known)| *known == name).map(|(flag, _)| flag)
    }

    /// The names of those of the scheduler that are set, as `ipvsadm` prints them.
    pub fn names(self, scheduler: Option<&Scheduler>) -> impl Iterator<Item = &'static str> {
        let all = scheduler_flags(scheduler).into_iter();
        all.filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }

    pub(crate) const fn from_kernel(bits: u32) -> Self {
        Self(bits & !(F_PERSISTENT | F_HASHED))
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0
    }
}

/// Some schedulers have names for theirs.
fn scheduler_flags(scheduler: Option<&Scheduler>) -> [(ServiceFlags, &'static str); 3] {
    let names = match scheduler {
        Some(Scheduler::SourceHashing) => ["sh-fallback", "sh-port", "flag-3"],
        Some(Scheduler::MaglevHashing) => ["mh-fallback", "mh-port", "flag-3"],
        _ => ["flag-1", "flag-2", "flag-3"],
    };
    let flags = [ServiceFlags::SCHEDULER_1, ServiceFlags::SCHEDULER_2, ServiceFlags::SCHEDULER_3];
    [(flags[0], names[0]), (flags[1], names[1]), (flags[2], names[2])]
}

impl BitOr for ServiceFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
