#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]

mod address;
mod announce;
mod attribute;
mod error;
mod link;
mod monitor;
mod route;
mod rule;
mod table;
mod uapi;

pub use address::{Address, AddressFlags, Lifetime, Scope};
pub use announce::{
    AnnounceError, Announcement, Announcer, ArpForm, gratuitous_arp, neighbour_advertisement,
};
pub use error::{AddressError, Error, LinkError, OutOfRange, RouteError, RuleError};
pub use link::{
    CarrierProbe, Ipv4Setting, IpvlanMode, Link, LinkSettings, MacAddress, MacvlanMode,
    VirtualLink, VirtualLinkKind,
};
pub use monitor::{Change, Monitor};
pub use route::{
    Encapsulation, Insertion, Metric, MetricSet, Metrics, NextHop, Preference, Route, RouteKind,
};
pub use rule::{Rule, RuleAction};
pub use table::RouteTable;
