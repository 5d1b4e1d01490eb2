//! What the file says, with units, defaults filled in and references checked.

mod address;
mod announcing;
mod balancing;
mod bfd;
mod build;
mod defaults;
mod encapsulation;
mod garp_group;
mod global;
mod group;
mod instance;
mod linkbeat;
mod mail;
mod next_hop;
mod nftables;
mod notifications;
mod problem;
mod process;
mod realms;
mod route;
mod route_metrics;
mod route_words;
mod rule;
mod script;
mod surroundings;
mod track;
mod track_file;
mod track_group;
mod track_process;
mod tracking;
mod umask;
mod virtual_interface;

pub use address::{AddressLine, Broadcast, PreferredLifetime};
pub use announcing::{Announcing, ExtraAnnouncing};
pub use balancing::{
    BfdCheck, Check, CheckKind, CheckTarget, CheckTiming, DnsCheck, FileCheck, FlushOnStop,
    GranularityLine, HttpCheck, HttpProtocol, HttpUrl, IpFamily, Lvs, LvsMethod, LvsTimeouts,
    LvsTunnel, LvsTunnelChecksum, MiscCheck, PersistenceLine, RealServer, RegexLine, ReplyLine,
    ServerGroup, ServiceName, SmtpCheck, SorryServer, SslFiles, SyncDaemon, TransportProtocol,
    UdpCheck, VirtualServer,
};
pub use bfd::BfdInstance;
pub use build::build;
pub use defaults::Defaults;
pub use encapsulation::{Encapsulation, TunnelEncapsulation};
pub use garp_group::GarpGroup;
pub use global::{Fifo, Global, JsonVersion, User};
pub use group::SyncGroup;
pub use instance::{
    Authentication, Hmac, HmacKey, HmacMode, Instance, Interval, KeyError, KeySource, Peer, Replay,
    SecretOctets, Unicast,
};
pub use linkbeat::{Linkbeat, LinkbeatMethod, UpDownDelay};
pub use mail::{Mail, MailServer};
pub use next_hop::NextHop;
pub use nftables::{Nftables, NftablesIpvs};
pub use notifications::Notifications;
pub use process::{ProcessSettings, ReceiveBuffer, RxBuffers, RxPolicy};
pub use realms::Realms;
pub use route::{RouteKind, RouteLine, RoutePlace, RouterPreference};
pub use route_metrics::RouteMetrics;
pub use rule::{RuleAction, RuleLine};
pub use script::TrackScript;
pub use surroundings::Surroundings;
pub use track::{Track, Weight};
pub use track_file::{TrackFile, TrackFileInit};
pub use track_group::TrackGroup;
pub use track_process::{ParamMatch, TrackProcess};
pub use virtual_interface::{IpvlanModeWord, VirtualInterfaceKind, VirtualInterfaceLine};

use crate::tree::Section;

/// A configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Configuration {
    /// `global_defs`.
    pub global: Global,
    /// What stands at the top level: the daemon among others, and its interfaces.
    pub surroundings: Surroundings,
    /// `vrrp_script`.
    pub scripts: Vec<TrackScript>,
    /// `track_file`.
    pub files: Vec<TrackFile>,
    /// `vrrp_track_process`.
    pub processes: Vec<TrackProcess>,
    /// `bfd_instance`.
    pub bfds: Vec<BfdInstance>,
    /// `vrrp_instance`.
    pub instances: Vec<Instance>,
    /// `vrrp_sync_group`.
    pub groups: Vec<SyncGroup>,
    /// What `global_defs` says of IPVS.
    pub lvs: Lvs,
    /// `virtual_server`.
    pub virtual_servers: Vec<VirtualServer>,
    /// `virtual_server_group`.
    pub server_groups: Vec<ServerGroup>,
    /// `SSL`.
    pub ssl: SslFiles,
    /// `static_ipaddress`.
    pub static_addresses: Vec<AddressLine>,
    /// `static_routes`.
    pub static_routes: Vec<RouteLine>,
    /// `static_rules`.
    pub static_rules: Vec<RuleLine>,
    /// All keywords with their values, those included that have no place in the fields above.
    pub tree: Section,
}
