#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]

mod address;
mod announce;
mod attribute;
mod error;
mod link;
mod monitor;
mod route;
mod table;
mod uapi;

pub use address::{Address, AddressFlags, Lifetime, Scope};
pub use announce::{
    AnnounceError, Announcement, Announcer, ArpForm, gratuitous_arp, neighbour_advertisement,
};
pub use error::{AddressError, Error, LinkError, OutOfRange, RouteError};
pub use link::{
    CarrierProbe, Ipv4Setting, IpvlanMode, Link, LinkSettings, MacAddress, MacvlanMode,
    VirtualLink, VirtualLinkKind,
};
pub use monitor::{Change, Monitor};
pub use route::{Route, RouteKind};
pub use table::RouteTable;
