//! From the keywords of a block to an instance.

use std::net::IpAddr;
use std::time::Duration;

use super::{Instance, Interval};
use crate::diagnostic::{Diagnostics, Span};
use crate::model::announcing::ExtraAnnouncing;
use crate::model::defaults::Defaults;
use crate::model::notifications::Notifications;
use crate::model::track::{Track, tracks};
use crate::model::virtual_interface::VirtualInterfaceLine;
use crate::tree::{Section, Value};

pub(super) struct Reading<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    pub(super) section: &'a Section,
    pub(super) defaults: &'a Defaults,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl Reading<'_> {
    pub(super) fn instance(&mut self) -> Option<Instance> {
        let section = self.section;
        let name = self.name;
        let Some(vrid) = section.integer("virtual_router_id").and_then(|v| u8::try_from(v).ok())
        else {
            let message = format!("vrrp_instance {name} has no virtual_router_id");
            self.diagnostics.fatal(self.span, message, "write virtual_router_id 1 to 255");
            return None;
        };
        let strict = section.boolean("strict_mode").unwrap_or(self.defaults.strict);
        let said_master = section.text("state") == Some("MASTER");
        let priority = section.integer("priority").and_then(|p| u8::try_from(p).ok());
        let priority = priority.unwrap_or(if said_master { 255 } else { 100 });
        let is_owner = priority == 255;
        let wants_master = if strict { self.strict_state(is_owner) } else { said_master };
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
        let no_virtual_ipaddress = self.no_virtual_ipaddress(strict);
        if addresses.is_empty() && (version == 3 || strict) && !no_virtual_ipaddress {
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
        // The last one counts.
        let last = |name: &str| section.entries.iter().rposition(|e| e.keyword.name == name);
        let mut preempt = last("preempt") >= last("nopreempt");
        if wants_master && !preempt {
            let help = "write state BACKUP, or remove nopreempt";
            let message = format!("vrrp_instance {name} has state MASTER and nopreempt");
            self.warn("nopreempt", message, help);
            preempt = true;
        }
        let mut preempt_delay = section.duration("preempt_delay").unwrap_or_default();
        if wants_master && !preempt_delay.is_zero() {
            let message = format!("vrrp_instance {name} has state MASTER and preempt_delay");
            let help = "write state BACKUP; preempt_delay has no effect";
            self.warn("preempt_delay", message, help);
            preempt_delay = Duration::ZERO;
        }
        if !preempt && !preempt_delay.is_zero() {
            let message = format!("vrrp_instance {name} has nopreempt and preempt_delay");
            let help = "preempt_delay has no effect";
            self.warn("preempt_delay", message, help);
        }
        let mut announcing = self.defaults.announcing;
        announcing.read(section, "garp");
        let or_default = |keyword: &str, default: bool| section.boolean(keyword).unwrap_or(default);
        let defaults = self.defaults;
        let group = match is_ipv6 {
            false => defaults.group4.map(IpAddr::from),
            true => defaults.group6.map(IpAddr::from),
        };
        let hmac = self.hmac(strict);
        let mut instance = Instance {
            name: name.to_owned(),
            span: self.span,
            wants_master,
            vrf: self.vrf(interface.is_some(), unicast.is_some()),
            interface,
            vrid,
            priority,
            interval: self.interval(version),
            is_ipv6,
            addresses,
            excluded,
            no_virtual_ipaddress,
            routes: self.routes(),
            rules: self.rules(),
            promote_secondaries: section.has("promote_secondaries"),
            accepts: self.accepts(strict, is_owner, version),
            virtual_interface: VirtualInterfaceLine::read(
                section,
                vrid,
                defaults,
                self.diagnostics,
            )
            .map(Box::new),
            preempt,
            preempt_delay,
            timer_expired_backup: self.timer_expired_backup(preempt),
            strict,
            source: self.of_family(source, is_ipv6),
            tracks_source: section.has("track_src_ip"),
            group: self.of_family(section.address("mcast_dst_ip"), is_ipv6).or(group),
            unicast: unicast.map(Box::new),
            v3_checksum_as_v2: or_default("v3_checksum_as_v2", defaults.v3_checksum_as_v2),
            ignores_interface: section.has("dont_track_primary"),
            track_interfaces: self.track_interfaces(),
            track_scripts: tracks(section, "track_script", self.diagnostics),
            track_files: tracks(section, "track_file", self.diagnostics),
            track_processes: tracks(section, "track_process", self.diagnostics),
            track_bfds: tracks(section, "track_bfd", self.diagnostics),
            linkbeat_use_polling: section.has("linkbeat_use_polling"),
            kernel_rx_buf_size: section
                .integer("kernel_rx_buf_size")
                .and_then(|octets| octets.try_into().ok()),
            skips_address_check: or_default("skip_check_adv_addr", defaults.skip_check_adv_addr),
            authentication: self.authentication(version, strict),
            hmac: None,
            notifications: Notifications::read(section),
            tells_priority: or_default("notify_priority_changes", defaults.tells_priority),
            smtp_alert: or_default("smtp_alert", defaults.smtp_alert),
            announcing,
            garp_extra_if: ExtraAnnouncing::read(section, &["garp_extra_if", "vmac_garp_intvl"])
                .unwrap_or(defaults.garp_extra_if),
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
        };
        if strict {
            self.apply_strict(&mut instance);
        }
        instance.hmac = hmac.ok()?.map(Box::new);
        Some(instance)
    }

    /// Where this keyword stands, or the instance when it does not.
    pub(super) fn at(&self, keyword: &str) -> Span {
        self.section.get(keyword).map_or(self.span, |entry| entry.span)
    }

    pub(super) fn warn(&mut self, keyword: &str, message: String, help: &str) {
        let at = self.at(keyword);
        self.diagnostics.warn(at, message, help);
    }

    pub(super) fn error(&mut self, keyword: &str, message: String, help: &str) {
        let at = self.at(keyword);
        self.diagnostics.error(at, message, help);
    }

    /// Whether it may lack addresses; a strict one may not.
    fn no_virtual_ipaddress(&mut self, strict: bool) -> bool {
        let is_said = self.section.has("no_virtual_ipaddress");
        if is_said && strict {
            let message = format!("vrrp_instance {} is strict and may lack addresses", self.name);
            let help = "no_virtual_ipaddress has no effect";
            self.warn("no_virtual_ipaddress", message, help);
        }
        is_said && !strict
    }

    fn vrf(&mut self, has_interface: bool, is_unicast: bool) -> Option<String> {
        let vrf = self.section.text("vrf")?;
        if is_unicast && !has_interface {
            return Some(vrf.to_owned());
        }
        let message = format!("vrf is {vrf}");
        let help = "only a unicast instance without interface has one; it is left out";
        self.error("vrf", message, help);
        None
    }

    /// The last one of `accept` and `no_accept`, else what its mode asks for.
    fn accepts(&mut self, strict: bool, is_owner: bool, version: u8) -> bool {
        let said = self.section.entries.iter().rev().find_map(|entry| match entry.keyword.name {
            "accept" => Some(true),
            "no_accept" => Some(false),
            _ => None,
        });
        match said {
            Some(true) if strict && !is_owner && version == 2 => {
                let message = format!("vrrp_instance {} is strict and has accept", self.name);
                let help = "VRRP version 2 has no such mode; accept has no effect";
                self.warn("accept", message, help);
                false
            }
            said => said.unwrap_or(!strict || is_owner),
        }
    }

    fn timer_expired_backup(&mut self, preempt: bool) -> Option<u8> {
        let section = self.section;
        let entry =
            section.get("timer_expired_backup").or_else(|| section.get("thread_timer_expired"))?;
        let priority = entry.values()?.at(0).and_then(Value::integer);
        if preempt {
            let message = format!("{} needs nopreempt", entry.keyword.name);
            self.diagnostics.warn(entry.span, message, "it has no effect; write nopreempt as well");
            return None;
        }
        priority.map_or(Some(254), |priority| priority.try_into().ok())
    }

    fn version(&mut self, is_ipv6: bool) -> u8 {
        let said = self.section.integer("version");
        match (said, is_ipv6) {
            (Some(2), true) => {
                let message = "IPv6 needs VRRP version 3".to_owned();
                self.warn("version", message, "write version 3");
                3
            }
            (_, true) | (Some(3), _) => 3,
            (Some(_), false) => 2,
            (None, false) => self.defaults.version,
        }
    }

    fn interval(&mut self, version: u8) -> Interval {
        let said = self.section.duration("advert_int").unwrap_or(Duration::from_secs(1));
        let at = self.at("advert_int");
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
}
