//! `vrrp_instance`.

use std::net::IpAddr;
use std::time::Duration;

use super::address::AddressLine;
use super::announcing::Announcing;
use super::global::Defaults;
use super::notifications::Notifications;
use super::route::RouteLine;
use super::track::{Track, tracks};
use super::virtual_interface::VirtualInterfaceLine;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Entry, SecretText, Section, Value};

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
    /// `virtual_routes`.
    pub routes: Vec<RouteLine>,
    /// `use_vmac` or `use_ipvlan`.
    pub virtual_interface: Option<VirtualInterfaceLine>,
    /// Not `nopreempt`.
    pub preempt: bool,
    /// `preempt_delay`.
    pub preempt_delay: Duration,
    /// `mcast_src_ip` or `unicast_src_ip`.
    pub source: Option<IpAddr>,
    /// `track_src_ip`.
    pub tracks_source: bool,
    /// `mcast_dst_ip`, or the global one.
    pub group: Option<IpAddr>,
    /// `unicast_peer` and what belongs to it.
    pub unicast: Option<Unicast>,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: bool,
    /// `dont_track_primary`.
    pub ignores_interface: bool,
    /// `track_interface`.
    pub track_interfaces: Vec<Track>,
    /// `track_script`.
    pub track_scripts: Vec<Track>,
    /// `skip_check_adv_addr`.
    pub skips_address_check: bool,
    /// `authentication`.
    pub authentication: Authentication,
    /// `notify` and its kin.
    pub notifications: Notifications,
    /// `notify_priority_changes`.
    pub tells_priority: bool,
    /// `smtp_alert`.
    pub smtp_alert: bool,
    /// `garp_…`.
    pub announcing: Announcing,
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

/// `unicast_peer` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unicast {
    /// The other routers.
    pub peers: Vec<Peer>,
    /// `unicast_ttl`.
    pub ttl: u8,
    /// `unicast_fault_no_peer`.
    pub needs_peer: bool,
    /// `old_unicast_checksum`: the checksum of VRRPv3 is that of a multicast packet.
    pub has_old_checksum: bool,
}

/// A line of `unicast_peer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// `min_ttl`.
    pub min_ttl: u8,
    /// `max_ttl`.
    pub max_ttl: u8,
}

/// `authentication`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// None.
    #[default]
    None,
    /// `auth_type PASS`.
    Password(SecretText),
    /// `auth_type AH`.
    Header(SecretText),
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

struct Reading<'a> {
    name: &'a str,
    span: Span,
    section: &'a Section,
    defaults: &'a Defaults,
    diagnostics: &'a mut Diagnostics,
}

impl Reading<'_> {
    fn instance(&mut self) -> Option<Instance> {
        let section = self.section;
        let name = self.name;
        let Some(vrid) = section.integer("virtual_router_id").and_then(|v| u8::try_from(v).ok())
        else {
            let message = format!("vrrp_instance {name} has no virtual_router_id");
            self.diagnostics.fatal(self.span, message, "write virtual_router_id 1 to 255");
            return None;
        };
        let wants_master = section.text("state") == Some("MASTER");
        let priority = section.integer("priority").and_then(|p| u8::try_from(p).ok());
        let priority = priority.unwrap_or(if wants_master { 255 } else { 100 });
        let mut addresses = self.addresses("virtual_ipaddress");
        let mut excluded = self.addresses("virtual_ipaddress_excluded");
        let source = section.address("mcast_src_ip").or(section.address("unicast_src_ip"));
        let mut unicast = self.unicast();
        let peers = unicast.iter().flat_map(|unicast| &unicast.peers);
        let is_ipv6 = section.has("native_ipv6")
            || addresses
                .first()
                .map(|line| line.address)
                .or(source)
                .or_else(|| peers.map(|peer| peer.address).next())
                .is_some_and(|address| address.is_ipv6());
        self.sort_addresses(is_ipv6, &mut addresses, &mut excluded);
        if let Some(unicast) = &mut unicast {
            self.check_peers(is_ipv6, &mut unicast.peers);
        }
        let version = self.version(is_ipv6);
        if addresses.is_empty() && version == 3 && !section.has("no_virtual_ipaddress") {
            let message = format!("vrrp_instance {name} has no virtual address");
            let help = "write virtual_ipaddress { ADDRESS }; the instance is left out";
            self.diagnostics.error(self.span, message, help);
            return None;
        }
        let interface = section.text("interface").map(str::to_owned);
        let interface = interface.or_else(|| {
            let is_needed = unicast.is_none() && !section.has("unicast_src_ip");
            is_needed.then(|| self.defaults.interface.clone()).flatten()
        });
        if interface.is_none() && unicast.is_none() {
            let message = format!("vrrp_instance {name} has no interface");
            self.diagnostics.fatal(self.span, message, "write interface NAME");
            return None;
        }
        let mut preempt = !section.has("nopreempt");
        if wants_master && !preempt {
            let help = "write state BACKUP, or remove nopreempt";
            let message = format!("vrrp_instance {name} has state MASTER and nopreempt");
            let at = section.get("nopreempt").map_or(self.span, |entry| entry.span);
            self.diagnostics.warn(at, message, help);
            preempt = true;
        }
        let mut preempt_delay = section.duration("preempt_delay").unwrap_or_default();
        if wants_master && !preempt_delay.is_zero() {
            let message = format!("vrrp_instance {name} has state MASTER and preempt_delay");
            let at = section.get("preempt_delay").map_or(self.span, |entry| entry.span);
            self.diagnostics.warn(at, message, "write state BACKUP; preempt_delay has no effect");
            preempt_delay = Duration::ZERO;
        }
        if !preempt && !preempt_delay.is_zero() {
            let message = format!("vrrp_instance {name} has nopreempt and preempt_delay");
            let at = section.get("preempt_delay").map_or(self.span, |entry| entry.span);
            self.diagnostics.warn(at, message, "preempt_delay has no effect");
        }
        let mut announcing = self.defaults.announcing;
        announcing.read(section, "garp");
        let or_default = |keyword: &str, default: bool| section.boolean(keyword).unwrap_or(default);
        let defaults = self.defaults;
        let group = match is_ipv6 {
            false => defaults.group4.map(IpAddr::from),
            true => defaults.group6.map(IpAddr::from),
        };
        Some(Instance {
            name: name.to_owned(),
            span: self.span,
            wants_master,
            interface,
            vrid,
            priority,
            interval: self.interval(version),
            is_ipv6,
            addresses,
            excluded,
            routes: self.routes(),
            virtual_interface: VirtualInterfaceLine::read(
                section,
                vrid,
                defaults,
                self.diagnostics,
            ),
            preempt,
            preempt_delay,
            source: self.of_family(source, is_ipv6),
            tracks_source: section.has("track_src_ip"),
            group: self.of_family(section.address("mcast_dst_ip"), is_ipv6).or(group),
            unicast,
            v3_checksum_as_v2: or_default("v3_checksum_as_v2", defaults.v3_checksum_as_v2),
            ignores_interface: section.has("dont_track_primary"),
            track_interfaces: self.track_interfaces(),
            track_scripts: tracks(section, "track_script", self.diagnostics),
            skips_address_check: or_default("skip_check_adv_addr", defaults.skip_check_adv_addr),
            authentication: self.authentication(version),
            notifications: Notifications::read(section),
            tells_priority: or_default("notify_priority_changes", defaults.tells_priority),
            smtp_alert: or_default("smtp_alert", defaults.smtp_alert),
            announcing,
            down_timer_adverts: section
                .integer("down_timer_adverts")
                .and_then(|count| count.try_into().ok())
                .unwrap_or(defaults.down_timer_adverts),
            lower_prio_no_advert: or_default("lower_prio_no_advert", defaults.lower_prio_no_advert),
            higher_prio_send_advert: or_default(
                "higher_prio_send_advert",
                defaults.higher_prio_send_advert,
            ),
            owner_ignore_adverts: or_default("owner_ignore_adverts", defaults.owner_ignore_adverts),
        })
    }

    fn addresses(&mut self, keyword: &str) -> Vec<AddressLine> {
        let mut addresses: Vec<AddressLine> = Vec::new();
        for values in self.section.lines(keyword) {
            let Some(line) = AddressLine::read(values, self.diagnostics) else { continue };
            if addresses.iter().any(|other| other.address == line.address) {
                let message = format!("{} is there twice", line.address);
                self.diagnostics.error(line.span, message, "the second line is left out");
                continue;
            }
            addresses.push(line);
        }
        addresses
    }

    /// What cannot be advertised goes to the excluded ones, as in keepalived.
    fn sort_addresses(
        &mut self,
        is_ipv6: bool,
        addresses: &mut Vec<AddressLine>,
        excluded: &mut Vec<AddressLine>,
    ) {
        const MOST: usize = 255;
        let mut place = 0;
        addresses.retain(|line| {
            let is_ours = line.address.is_ipv6() == is_ipv6;
            if !is_ours {
                let message =
                    format!("{} is of another family than the first address", line.address);
                let help = "write it in virtual_ipaddress_excluded, or in an instance of its own";
                self.diagnostics.error(line.span, message, help);
                return false;
            }
            place += 1;
            if place == MOST + 1 {
                let message = format!("an advertisement has room for {MOST} addresses");
                let help = "this one and those after it are not advertised";
                self.diagnostics.error(line.span, message, help);
            }
            true
        });
        if addresses.len() > MOST {
            excluded.extend(addresses.drain(MOST..));
        }
        excluded.retain(|line| {
            let is_double = addresses.iter().any(|other| other.address == line.address);
            if is_double {
                let message = format!("{} is a virtual address already", line.address);
                self.diagnostics.error(line.span, message, "this line is left out");
            }
            !is_double
        });
    }

    fn version(&mut self, is_ipv6: bool) -> u8 {
        let entry = self.section.get("version");
        let said = self.section.integer("version");
        match (said, is_ipv6) {
            (Some(2), true) => {
                let at = entry.map_or(self.span, |entry| entry.span);
                let message = "IPv6 needs VRRP version 3";
                self.diagnostics.warn(at, message, "write version 3");
                3
            }
            (_, true) | (Some(3), _) => 3,
            (Some(_), false) => 2,
            (None, false) => self.defaults.version,
        }
    }

    fn interval(&mut self, version: u8) -> Interval {
        let said = self.section.duration("advert_int").unwrap_or(Duration::from_secs(1));
        let at = self.section.get("advert_int").map_or(self.span, |entry| entry.span);
        let milliseconds = said.as_micros().div_ceil(1000);
        match version {
            2 => {
                let seconds = ((milliseconds + 500) / 1000).clamp(1, 255);
                if seconds * 1000 != milliseconds {
                    let message = "the interval of VRRP version 2 is whole seconds";
                    self.diagnostics.warn(at, message, format!("{seconds} is taken"));
                }
                Interval::V2Seconds(u8::try_from(seconds).unwrap_or(u8::MAX))
            }
            _ => {
                let centiseconds = ((milliseconds + 5) / 10).clamp(1, 4095);
                if centiseconds * 10 != milliseconds {
                    let message = "the interval of VRRP version 3 is hundredths of a second \
                                   up to 40.95 seconds";
                    let taken =
                        format!("{}.{:02} is taken", centiseconds / 100, centiseconds % 100);
                    self.diagnostics.warn(at, message, taken);
                }
                Interval::V3Centiseconds(u16::try_from(centiseconds).unwrap_or(4095))
            }
        }
    }

    fn routes(&mut self) -> Vec<RouteLine> {
        let lines = self.section.lines("virtual_routes");
        lines.filter_map(|values| RouteLine::read(values, self.diagnostics)).collect()
    }

    fn of_family(&mut self, address: Option<IpAddr>, is_ipv6: bool) -> Option<IpAddr> {
        let address = address?;
        if address.is_ipv6() == is_ipv6 {
            return Some(address);
        }
        let message = format!("{address} is of another family than vrrp_instance {}", self.name);
        self.diagnostics.error(self.span, message, "it is left out");
        None
    }

    fn unicast(&mut self) -> Option<Unicast> {
        let section = self.section;
        let is_unicast = section.has("unicast_peer")
            || section.has("unicast_src_ip")
            || section.has("unicast_fault_no_peer");
        if !is_unicast {
            return None;
        }
        let mut peers: Vec<Peer> = Vec::new();
        for line in section.lines("unicast_peer") {
            let Some(address) = line.at(0).and_then(Value::address) else { continue };
            let ttl = |option: &str, default: u8| {
                let value = line.option(option).and_then(Value::integer);
                value.and_then(|value| value.try_into().ok()).unwrap_or(default)
            };
            let peer = Peer { address, min_ttl: ttl("min_ttl", 0), max_ttl: ttl("max_ttl", 255) };
            if peer.min_ttl > peer.max_ttl {
                let message = format!("min_ttl {} is above max_ttl {}", peer.min_ttl, peer.max_ttl);
                self.diagnostics.error(line.span, message, "the peer is left out");
                continue;
            }
            if peers.iter().any(|other| other.address == address) {
                let message = format!("{address} is there twice");
                self.diagnostics.error(line.span, message, "the second line is left out");
                continue;
            }
            peers.push(peer);
        }
        if peers.is_empty() && !section.has("unicast_fault_no_peer") {
            // A source address alone is that of a multicast router.
            return None;
        }
        let ttl = section.integer("unicast_ttl").and_then(|ttl| ttl.try_into().ok());
        let old = section.get("old_unicast_checksum").and_then(Entry::values);
        Some(Unicast {
            peers,
            ttl: ttl.unwrap_or(255),
            needs_peer: section.has("unicast_fault_no_peer"),
            has_old_checksum: old.is_some_and(|values| values.at(0).is_none()),
        })
    }

    fn track_interfaces(&mut self) -> Vec<Track> {
        let mut found = tracks(self.section, "track_interface", self.diagnostics);
        let own = self.section.text("interface");
        found.retain(|track| {
            let is_own = Some(track.name.as_str()) == own;
            if is_own {
                let message = format!("{} is the instance's own interface", track.name);
                self.diagnostics.warn(track.span, message, "it is tracked anyhow; remove the line");
            }
            !is_own
        });
        found
    }

    fn check_peers(&mut self, is_ipv6: bool, peers: &mut Vec<Peer>) {
        peers.retain(|peer| {
            let is_ours = peer.address.is_ipv6() == is_ipv6;
            if !is_ours {
                let message =
                    format!("peer {} is of another family than the addresses", peer.address);
                self.diagnostics.error(self.span, message, "the peer is left out");
            }
            is_ours
        });
    }

    fn authentication(&mut self, version: u8) -> Authentication {
        let Some((entry, _, block)) = self.section.blocks("authentication").last() else {
            return Authentication::None;
        };
        let secret = match block.value("auth_pass") {
            Some(Value::Secret(secret)) => Some(secret.clone()),
            _ => None,
        };
        let kind = block.text("auth_type");
        if version == 3 {
            let help = "remove authentication, or write version 2";
            let message = "VRRP version 3 has no authentication";
            self.diagnostics.error(entry.span, message, help);
            return Authentication::None;
        }
        let Some(secret) = secret else {
            if kind.is_some() {
                let message = "authentication has no auth_pass";
                self.diagnostics.error(entry.span, message, "write auth_pass SECRET");
            }
            return Authentication::None;
        };
        if secret.reveal().len() > 8 {
            let at = block.get("auth_pass").map_or(entry.span, |entry| entry.span);
            let message = "auth_pass is longer than 8 octets";
            self.diagnostics.warn(at, message, "only the first 8 are used");
        }
        let used: Vec<u8> = secret.reveal().bytes().take(8).collect();
        let secret = SecretText::new(String::from_utf8_lossy(&used).into_owned());
        match kind {
            Some("AH") => Authentication::Header(secret),
            Some(_) => Authentication::Password(secret),
            None => {
                let message = "authentication has no auth_type";
                self.diagnostics.error(entry.span, message, "write auth_type PASS or AH");
                Authentication::None
            }
        }
    }
}
