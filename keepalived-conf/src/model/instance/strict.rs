//! `strict_mode`: nothing that the RFC forbids.

use std::net::IpAddr;
use std::time::Duration;

use super::Instance;
use super::reading::Reading;
use crate::diagnostic::Severity;
use crate::model::virtual_interface::VirtualInterfaceKind;

/// `down_timer_adverts` of the RFC.
const DOWN_TIMER_ADVERTS: u8 = 3;

impl Reading<'_> {
    /// Whether it begins as master: the owner of the addresses does, and nobody else.
    pub(super) fn strict_state(&mut self, is_owner: bool) -> bool {
        let state = self.section.text("state");
        if state.is_some_and(|state| (state == "MASTER") != is_owner) {
            let state = state.unwrap_or_default();
            let message = format!("vrrp_instance {} is strict, and state is {state}", self.name);
            let help = "the owner, with priority 255, is MASTER and all others are BACKUP";
            self.error("state", message, help);
        }
        is_owner
    }

    /// Resets what strict mode forbids.
    pub(super) fn apply_strict(&mut self, instance: &mut Instance) {
        if instance.unicast.is_some() {
            // keepalived 2.2 runs it, whatever its documentation says; so does who comes from there.
            let message = format!("vrrp_instance {} is strict and unicast", self.name);
            let help = "the RFC knows no unicast; it is used all the same".to_owned();
            let at = self.at("unicast_peer");
            self.diagnostics.add(Severity::Note, Some(at), message, Some(help));
        }
        self.check_first_address(instance);
        if !instance.preempt_delay.is_zero() {
            self.has_no_effect("preempt_delay");
            instance.preempt_delay = Duration::ZERO;
        }
        if instance.down_timer_adverts != DOWN_TIMER_ADVERTS {
            self.has_no_effect("down_timer_adverts");
            instance.down_timer_adverts = DOWN_TIMER_ADVERTS;
        }
        if self.section.boolean("higher_prio_send_advert") == Some(true) {
            self.has_no_effect("higher_prio_send_advert");
        }
        instance.higher_prio_send_advert = false;
        if self.section.boolean("lower_prio_no_advert") == Some(false) {
            self.has_no_effect("lower_prio_no_advert");
        }
        instance.lower_prio_no_advert = true;
        for keyword in ["garp_lower_prio_repeat", "garp_lower_prio_delay"] {
            if self.section.integer(keyword).is_some_and(|number| number != 0) {
                self.has_no_effect(keyword);
            }
        }
        instance.announcing.lower_prio_repeat = 0;
        instance.announcing.lower_prio_delay = Duration::ZERO;
        let is_owner = instance.priority == 255;
        if is_owner && self.section.boolean("owner_ignore_adverts") == Some(false) {
            self.has_no_effect("owner_ignore_adverts");
        }
        instance.owner_ignore_adverts = is_owner;
        self.apply_strict_mac(instance);
    }

    /// The virtual router has the MAC address of the RFC, and sends from it.
    fn apply_strict_mac(&mut self, instance: &mut Instance) {
        let Some(line) = &mut instance.virtual_interface else { return };
        let VirtualInterfaceKind::Macvlan(mac) = &mut line.kind else { return };
        if mac.take().is_some() {
            let message = format!("vrrp_instance {} is strict and has a MAC address", self.name);
            self.diagnostics.error(line.span, message, "that of the RFC is taken; remove it");
        }
        if line.transmits_on_base {
            line.transmits_on_base = false;
            self.has_no_effect("vmac_xmit_base");
        }
    }

    /// Of the addresses of an IPv6 router, the link-local one comes first.
    fn check_first_address(&mut self, instance: &Instance) {
        if let Some(line) = instance.addresses.first()
            && let IpAddr::V6(address) = line.address
            && !address.is_unicast_link_local()
        {
            let message = format!("the first address is {address}");
            let help = "in strict mode it is a link-local one, in fe80::/10";
            self.diagnostics.warn(line.span, message, help);
        }
    }

    fn has_no_effect(&mut self, keyword: &str) {
        let message = format!("vrrp_instance {} is strict and has {keyword}", self.name);
        let help = format!("{keyword} has no effect; remove it, or write strict_mode off");
        self.warn(keyword, message, &help);
    }
}
