#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used)]

mod code;
mod config;
mod driver;
mod error;
mod events;
mod handle;
mod id;
mod socket;
mod start;

pub use config::{
    AnnouncementLimits, ConfigError, Delivery, Hmac, InterfaceSettings, ParseAddressError, Peer,
    RouterConfig, RouterConfigBuilder, Tracked, Unicast, VirtualAddress, VirtualInterface,
    VirtualRoute, VirtualRule,
};
pub use driver::{Counters, Status};
pub use error::{AddError, ReconfigureError, StartError, Stopped};
pub use events::{Events, NoEvent, Notice};
pub use handle::{Router, Vrrp};
pub use id::RouterId;
/// What addresses, routes, rules and interfaces are made of.
pub use netlink_addr::{
    AddressFlags, Encapsulation, Insertion, IpvlanMode, Lifetime, MacAddress, Metric, MetricSet,
    Metrics, NextHop, Preference, Route, RouteKind, Rule, RuleAction, Scope,
};
/// How the firewall of routers that do not accept is made.
pub use netlink_nft::Settings as FirewallSettings;
pub use start::VrrpBuilder;
/// The state machine, whose types are part of this crate's interface.
pub use vrrp_fsm as fsm;
/// The packet codec, whose types are part of this crate's interface.
pub use vrrp_fsm::proto;
