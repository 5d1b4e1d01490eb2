//! What instances have that say nothing else.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::announcing::{Announcing, ExtraAnnouncing};
use crate::tree::Section;

/// What instances have that say nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defaults {
    /// `vrrp_version`.
    pub version: u8,
    /// `vrrp_mcast_group4`.
    pub group4: Option<Ipv4Addr>,
    /// `vrrp_mcast_group6`.
    pub group6: Option<Ipv6Addr>,
    /// `vrrp_garp_…`.
    pub announcing: Announcing,
    /// `vrrp_down_timer_adverts`.
    pub down_timer_adverts: u8,
    /// `vrrp_lower_prio_no_advert`.
    pub lower_prio_no_advert: bool,
    /// `vrrp_higher_prio_send_advert`.
    pub higher_prio_send_advert: bool,
    /// `vrrp_owner_ignore_adverts`.
    pub owner_ignore_adverts: bool,
    /// `vrrp_skip_check_adv_addr`.
    pub skip_check_adv_addr: bool,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: bool,
    /// `smtp_alert_vrrp`, or `smtp_alert`.
    pub smtp_alert: bool,
    /// `vrrp_notify_priority_changes`.
    pub tells_priority: bool,
    /// `default_interface`.
    pub interface: Option<String>,
    /// `vmac_prefix`.
    pub vmac_prefix: Option<String>,
    /// `vmac_addr_prefix`.
    pub vmac_addr_prefix: Option<String>,
    /// `vrrp_strict`.
    pub strict: bool,
    /// `vrrp_garp_extra_if`.
    pub garp_extra_if: Option<ExtraAnnouncing>,
}

impl Defaults {
    pub(super) fn read(section: &Section) -> Self {
        let is_on = |name: &str| section.boolean(name).unwrap_or(false);
        let group4 = section.address("vrrp_mcast_group4");
        let group6 = section.address("vrrp_mcast_group6");
        let mut announcing = Announcing::default();
        if is_on("vrrp_min_garp") {
            announcing.delay = Duration::ZERO;
            announcing.repeat = 1;
            announcing.lower_prio_delay = Duration::ZERO;
            announcing.lower_prio_repeat = 1;
        }
        announcing.read(section, "vrrp_garp");
        Self {
            version: if section.integer("vrrp_version") == Some(3) { 3 } else { 2 },
            group4: group4.and_then(|group| match group {
                std::net::IpAddr::V4(group) => Some(group),
                std::net::IpAddr::V6(_) => None,
            }),
            group6: group6.and_then(|group| match group {
                std::net::IpAddr::V6(group) => Some(group),
                std::net::IpAddr::V4(_) => None,
            }),
            announcing,
            down_timer_adverts: section
                .integer("vrrp_down_timer_adverts")
                .and_then(|count| count.try_into().ok())
                .unwrap_or(3),
            lower_prio_no_advert: is_on("vrrp_lower_prio_no_advert"),
            higher_prio_send_advert: is_on("vrrp_higher_prio_send_advert"),
            owner_ignore_adverts: is_on("vrrp_owner_ignore_adverts"),
            skip_check_adv_addr: is_on("vrrp_skip_check_adv_addr"),
            v3_checksum_as_v2: is_on("v3_checksum_as_v2"),
            smtp_alert: section
                .boolean("smtp_alert_vrrp")
                .or(section.boolean("smtp_alert"))
                .unwrap_or(false),
            tells_priority: is_on("vrrp_notify_priority_changes"),
            interface: section.text("default_interface").map(str::to_owned),
            vmac_prefix: section.text("vmac_prefix").map(str::to_owned),
            vmac_addr_prefix: section.text("vmac_addr_prefix").map(str::to_owned),
            strict: is_on("vrrp_strict"),
            garp_extra_if: ExtraAnnouncing::read(
                section,
                &["vrrp_garp_extra_if", "vrrp_vmac_garp_intvl"],
            )
            .flatten(),
        }
    }
}
