//! What must always hold, in words.

use std::fmt;

/// What Down is in the words of properties.
pub const DOWN: &str = "Down is Active_Down_Interval of priority 1 with the longest interval of the election, and what a packet \
                        takes; where clocks drift a fiftieth of an interval more. Members of sync groups wait for each other: \
                        of them only those properties hold that say so.";

/// Something that must always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a new property is to be checked by every layer")]
pub enum Property {
    /// See [`Property::words`].
    OneActive,
    /// See [`Property::words`].
    SomeActive,
    /// See [`Property::words`].
    RightfulActive,
    /// See [`Property::words`].
    AddressesWithTheRole,
    /// See [`Property::words`].
    TakeoverIsAnnounced,
    /// See [`Property::words`].
    GoodbyeComesFirst,
    /// See [`Property::words`].
    RejectedMovesNothing,
    /// See [`Property::words`].
    NotTooEarly,
    /// See [`Property::words`].
    NotTooLate,
    /// See [`Property::words`].
    PreemptMode,
    /// See [`Property::words`].
    Advertises,
    /// See [`Property::words`].
    TrackingDecides,
    /// See [`Property::words`].
    GroupsMoveTogether,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::OneActive,
        Self::SomeActive,
        Self::RightfulActive,
        Self::AddressesWithTheRole,
        Self::TakeoverIsAnnounced,
        Self::GoodbyeComesFirst,
        Self::RejectedMovesNothing,
        Self::NotTooEarly,
        Self::NotTooLate,
        Self::PreemptMode,
        Self::Advertises,
        Self::TrackingDecides,
        Self::GroupsMoveTogether,
    ];

    /// What is claimed; [`DOWN`] says what Down is.
    pub fn words(self) -> &'static str {
        match self {
            Self::OneActive => {
                "Of the routers with one VRID that hear each other at most one is Active, once nothing has disturbed them for \
                 2 · Down + preempt delay + startup delay"
            }
            Self::SomeActive => {
                "While one of them is fit, nothing disturbs them and no packet is lost, they are without an Active one for at \
                 most Down + startup delay; sync groups that are fit have one once it is quiet"
            }
            Self::RightfulActive => {
                "The Active one is the one that the RFC names: an Active router yields to a higher priority, and to the \
                 higher address among equal ones, and to nobody else; when it is quiet, no fit router that preempts has a \
                 higher priority than the Active one"
            }
            Self::AddressesWithTheRole => {
                "The virtual addresses are on the interface of Active routers, and of no other"
            }
            Self::TakeoverIsAnnounced => {
                "Who becomes Active advertises, then adds the addresses, then announces them"
            }
            Self::GoodbyeComesFirst => {
                "Who stops being Active by itself says so with priority 0 before it removes the addresses"
            }
            Self::RejectedMovesNothing => {
                "A packet that a check refused moves no timer, changes no state and is not answered"
            }
            Self::NotTooEarly => {
                "A Backup outside of sync groups waits for Active_Down_Interval after what it has accepted last, and after \
                 priority 0 for Skew_Time if that is less"
            }
            Self::NotTooLate => "… and not longer",
            Self::PreemptMode => {
                "Without Preempt_Mode, and until the preempt delay is over, a lower priority is accepted"
            }
            Self::Advertises => "An Active router advertises at least once in its interval",
            Self::TrackingDecides => {
                "A router advertises the priority that tracking gives it, and takes no part while it misses something"
            }
            Self::GroupsMoveTogether => {
                "The members of a sync group on one machine are all Active or none is, and none is when one misses something"
            }
        }
    }

    /// Where it is demanded.
    pub fn source(self) -> &'static str {
        match self {
            Self::OneActive => "RFC 9568 section 6.4.3",
            Self::SomeActive => "RFC 9568 sections 6.1 and 6.4.2",
            Self::RightfulActive => "RFC 9568 section 6.4.3",
            Self::AddressesWithTheRole => "RFC 9568 sections 6.4.2 and 6.4.3",
            Self::TakeoverIsAnnounced => "RFC 9568 sections 6.4.1 and 6.4.2",
            Self::GoodbyeComesFirst => "RFC 9568 section 6.4.3",
            Self::RejectedMovesNothing => "RFC 9568 section 7.1",
            Self::NotTooEarly | Self::NotTooLate => {
                "RFC 9568 section 6.1 and 6.4.2, RFC 3768 section 6.1"
            }
            Self::PreemptMode => "RFC 9568 section 6.4.2, RFC 8347 (hold-time)",
            Self::Advertises => "RFC 9568 section 6.4.3",
            Self::TrackingDecides => "keepalived.conf(5), weights",
            Self::GroupsMoveTogether => "keepalived.conf(5), vrrp_sync_group",
        }
    }
}

/// `one-active`.
impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneActive => "one-active",
            Self::SomeActive => "some-active",
            Self::RightfulActive => "rightful-active",
            Self::AddressesWithTheRole => "addresses-with-the-role",
            Self::TakeoverIsAnnounced => "takeover-is-announced",
            Self::GoodbyeComesFirst => "goodbye-comes-first",
            Self::RejectedMovesNothing => "rejected-moves-nothing",
            Self::NotTooEarly => "not-too-early",
            Self::NotTooLate => "not-too-late",
            Self::PreemptMode => "preempt-mode",
            Self::Advertises => "advertises",
            Self::TrackingDecides => "tracking-decides",
            Self::GroupsMoveTogether => "groups-move-together",
        })
    }
}

/// Which properties were violated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Violated(u16);

impl Violated {
    /// Adds one.
    pub fn add(&mut self, property: Property) {
        self.0 |= 1 << property as u16;
    }

    /// Whether it is among them.
    pub fn has(self, property: Property) -> bool {
        self.0 & (1 << property as u16) != 0
    }

    /// None was.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All that were.
    pub fn iter(self) -> impl Iterator<Item = Property> {
        Property::ALL.into_iter().filter(move |property| self.has(*property))
    }
}
