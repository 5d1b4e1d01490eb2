//! `vrrp_instance`.

mod addresses;
mod authentication;
mod hmac;
mod reading;
mod strict;
mod unicast;

use std::net::IpAddr;
use std::time::Duration;

use super::address::AddressLine;
use super::announcing::{Announcing, ExtraAnnouncing};
use super::defaults::Defaults;
use super::notifications::Notifications;
use super::route::RouteLine;
use super::rule::RuleLine;
use super::track::Track;
use super::virtual_interface::VirtualInterfaceLine;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::Section;
use reading::Reading;

pub use authentication::Authentication;
pub use hmac::{Hmac, HmacKey, HmacMode, KeyError, KeySource, Replay, SecretOctets};
pub use unicast::{Peer, Unicast};

/// One virtual router.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// `state MASTER`.
    pub wants_master: bool,
    /// `interface`; `None` only for one that is unicast.
    pub interface: Option<String>,
    /// `vrf`: where one that is unicast and has no interface is at home.
    pub vrf: Option<String>,
    /// `virtual_router_id`: 1 to 255.
    pub vrid: u8,
    /// `priority`: 1 to 255.
    pub priority: u8,
    /// `advert_int`, and with it the version.
    pub interval: Interval,
    /// Whether it is of IPv6.
    pub is_ipv6: bool,
    /// `virtual_ipaddress`, all of its own family.
    pub addresses: Vec<AddressLine>,
    /// `virtual_ipaddress_excluded`, of any family.
    pub excluded: Vec<AddressLine>,
    /// `no_virtual_ipaddress`: it may have none.
    pub no_virtual_ipaddress: bool,
    /// `virtual_routes`.
    pub routes: Vec<RouteLine>,
    /// `virtual_rules`.
    pub rules: Vec<RuleLine>,
    /// `promote_secondaries`.
    pub promote_secondaries: bool,
    /// Not `no_accept`: it answers on addresses that it does not own.
    pub accepts: bool,
    /// `use_vmac` or `use_ipvlan`.
    pub virtual_interface: Option<Box<VirtualInterfaceLine>>,
    /// Not `nopreempt`.
    pub preempt: bool,
    /// `preempt_delay`.
    pub preempt_delay: Duration,
    /// `timer_expired_backup`: the greatest priority of the others; only with `nopreempt`.
    pub timer_expired_backup: Option<u8>,
    /// `strict_mode`, or `vrrp_strict`; what that forbids is reset already.
    pub strict: bool,
    /// `mcast_src_ip` or `unicast_src_ip`.
    pub source: Option<IpAddr>,
    /// `track_src_ip`.
    pub tracks_source: bool,
    /// `mcast_dst_ip`, or the global one.
    pub group: Option<IpAddr>,
    /// `unicast_peer` and what belongs to it.
    pub unicast: Option<Box<Unicast>>,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: bool,
    /// `dont_track_primary`.
    pub ignores_interface: bool,
    /// `track_interface`.
    pub track_interfaces: Vec<Track>,
    /// `track_script`.
    pub track_scripts: Vec<Track>,
    /// `track_file`.
    pub track_files: Vec<Track>,
    /// `track_process`.
    pub track_processes: Vec<Track>,
    /// `track_bfd`.
    pub track_bfds: Vec<Track>,
    /// `linkbeat_use_polling`; its interface is in [`linkbeat_interfaces`] as well.
    ///
    /// [`linkbeat_interfaces`]: super::Surroundings::linkbeat_interfaces
    pub linkbeat_use_polling: bool,
    /// `kernel_rx_buf_size`, in octets.
    pub kernel_rx_buf_size: Option<u32>,
    /// `skip_check_adv_addr`.
    pub skips_address_check: bool,
    /// `authentication`.
    pub authentication: Authentication,
    /// `auth_hmac`; never with `authentication`.
    pub hmac: Option<Box<Hmac>>,
    /// `notify` and its kin.
    pub notifications: Notifications,
    /// `notify_priority_changes`.
    pub tells_priority: bool,
    /// `smtp_alert`.
    pub smtp_alert: bool,
    /// `garp_…`.
    pub announcing: Announcing,
    /// `garp_extra_if`, or the global one.
    pub garp_extra_if: Option<ExtraAnnouncing>,
    /// `down_timer_adverts`: 1 to 100.
    pub down_timer_adverts: u8,
    /// `lower_prio_no_advert`.
    pub lower_prio_no_advert: bool,
    /// `higher_prio_send_advert`.
    pub higher_prio_send_advert: bool,
    /// `owner_ignore_adverts`.
    pub owner_ignore_adverts: bool,
}

/// `advert_int` in the unit of the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the versions of the protocol")]
pub enum Interval {
    /// VRRPv2: seconds.
    V2Seconds(u8),
    /// VRRPv3: hundredths of a second.
    V3Centiseconds(u16),
}

impl Instance {
    /// `None` when it cannot run; the diagnostics say why.
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        defaults: &Defaults,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut reading = Reading { name, span, section, defaults, diagnostics };
        reading.instance()
    }
}
