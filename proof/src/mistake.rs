//! Mistakes that somebody could make, seeded: what does not find them proves nothing.

use std::fmt;
use std::num::NonZeroU8;
use std::time::Duration;

use vrrp_fsm::{Action, Config, State};

use crate::property::Property;

/// A mistake. The router's own code is as it is; its inputs, its actions or its configuration are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the table names them all")]
pub enum Mistake {
    /// An Active router does not listen.
    ActiveIsDeaf,
    /// The lower of two addresses wins.
    LowerAddressWins,
    /// A Backup never takes over.
    NeverTakesOver,
    /// No router preempts.
    NeverPreempts,
    /// Every router preempts.
    AlwaysPreempts,
    /// The preempt delay is not kept.
    PreemptsAtOnce,
    /// Two intervals are enough for a takeover.
    TwoIntervals,
    /// It takes four.
    FourIntervals,
    /// Priority 0 is taken for silence.
    IgnoresGoodbye,
    /// Addresses are not removed.
    KeepsAddresses,
    /// Addresses are not added.
    AddsNoAddresses,
    /// Nobody announces addresses.
    AnnouncesNothing,
    /// Addresses are announced before they are there.
    AnnouncesTooEarly,
    /// Nothing is sent at a takeover.
    TakesOverSilently,
    /// Priority 0 is not sent.
    SaysNoGoodbye,
    /// It is sent once the addresses are gone.
    GoodbyeTooLate,
    /// A packet that was refused counts as one from the Active router.
    BelievesRejected,
    /// An Active router advertises at its takeover only.
    AdvertisesOnce,
    /// Tracking does not change the priority.
    KeepsPriority,
    /// Faults are not seen.
    SeesNoFault,
    /// Members of a group do not know of each other.
    NoGroups,
    /// A group waits for one that never comes.
    WaitsForever,
    /// Who is no peer is listened to.
    BelievesStrangers,
    /// Packets from far away are taken.
    IgnoresHopLimit,
    /// Packets to the group are taken where peers send to each other.
    HearsTheGroup,
}

impl Mistake {
    /// Every mistake, and a property that it violates.
    pub const ALL: [(Self, Property); 22] = [
        (Self::ActiveIsDeaf, Property::OneActive),
        (Self::NeverTakesOver, Property::SomeActive),
        (Self::LowerAddressWins, Property::RightfulActive),
        (Self::NeverPreempts, Property::RightfulActive),
        (Self::KeepsAddresses, Property::AddressesWithTheRole),
        (Self::AddsNoAddresses, Property::AddressesWithTheRole),
        (Self::AnnouncesNothing, Property::TakeoverIsAnnounced),
        (Self::AnnouncesTooEarly, Property::TakeoverIsAnnounced),
        (Self::TakesOverSilently, Property::TakeoverIsAnnounced),
        (Self::SaysNoGoodbye, Property::GoodbyeComesFirst),
        (Self::GoodbyeTooLate, Property::GoodbyeComesFirst),
        (Self::BelievesRejected, Property::RejectedMovesNothing),
        (Self::TwoIntervals, Property::NotTooEarly),
        (Self::FourIntervals, Property::NotTooLate),
        (Self::IgnoresGoodbye, Property::NotTooLate),
        (Self::AlwaysPreempts, Property::PreemptMode),
        (Self::PreemptsAtOnce, Property::PreemptMode),
        (Self::AdvertisesOnce, Property::Advertises),
        (Self::KeepsPriority, Property::TrackingDecides),
        (Self::SeesNoFault, Property::TrackingDecides),
        (Self::NoGroups, Property::GroupsMoveTogether),
        (Self::WaitsForever, Property::SomeActive),
    ];

    /// Mistakes of a driver about whose packets it takes, each of which violates
    /// [`Property::RejectedMovesNothing`]. Forged packets are the simulation's.
    pub const OF_RECEIVING: [Self; 3] =
        [Self::BelievesStrangers, Self::IgnoresHopLimit, Self::HearsTheGroup];

    /// What is configured in its place.
    pub(crate) fn configured(mistake: Option<Self>, config: Config) -> Config {
        let intervals = |count| NonZeroU8::new(count).unwrap_or(NonZeroU8::MIN);
        match mistake {
            Some(Self::NeverPreempts) => config.preempt(false),
            Some(Self::AlwaysPreempts) => config.preempt(true),
            Some(Self::PreemptsAtOnce) => config.preempt_delay(Duration::ZERO),
            Some(Self::TwoIntervals) => config.active_down_intervals(intervals(2)),
            Some(Self::FourIntervals) => config.active_down_intervals(intervals(4)),
            _ => config,
        }
    }

    /// What a driver does in place of what a router that was `before` asks for.
    pub(crate) fn performed(self, before: State, actions: &mut Vec<Action>) {
        let is_goodbye =
            |action: &Action| matches!(action, Action::Transmit(priority) if priority.is_stopped());
        let place =
            |actions: &[Action], wanted: fn(&Action) -> bool| actions.iter().position(wanted);
        match self {
            Self::KeepsAddresses => actions.retain(|action| *action != Action::RemoveAddresses),
            Self::AddsNoAddresses => actions.retain(|action| *action != Action::AddAddresses),
            Self::AnnouncesNothing => {
                actions.retain(|action| !matches!(action, Action::Announce(_)));
            }
            Self::AnnouncesTooEarly => {
                let add = place(actions, |action| *action == Action::AddAddresses);
                let announce = place(actions, |action| matches!(action, Action::Announce(_)));
                if let (Some(add), Some(announce)) = (add, announce) {
                    actions.swap(add, announce);
                }
            }
            Self::TakesOverSilently if before == State::Backup => {
                actions.retain(|action| !matches!(action, Action::Transmit(_)));
            }
            Self::SaysNoGoodbye => actions.retain(|action| !is_goodbye(action)),
            Self::GoodbyeTooLate => {
                let remove = place(actions, |action| *action == Action::RemoveAddresses);
                if let (Some(goodbye), Some(remove)) = (actions.iter().position(is_goodbye), remove)
                {
                    actions.swap(goodbye, remove);
                }
            }
            Self::AdvertisesOnce if before == State::Active => {
                actions
                    .retain(|action| !matches!(action, Action::Transmit(_)) || is_goodbye(action));
            }
            _ => {}
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
