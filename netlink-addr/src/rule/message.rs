//! A rule as a message.

use netlink_conn::{Attributes, Request};

use super::{Rule, RuleAction};
use crate::address::text;
use crate::attribute::{family, ip, narrowing, number, write_ip, write_number, write_text};
use crate::uapi;

/// What the kernel tells for a limit that there is not.
const NONE: u32 = u32::MAX;

impl Rule {
    pub(crate) fn write(&self, request: &mut Request<'_>) {
        let (from, to) = (narrowing(self.from), narrowing(self.to));
        let table = self.looked_up();
        let (action, target) = match self.action {
            RuleAction::Lookup => (uapi::FR_ACT_TO_TBL, None),
            RuleAction::Goto(target) => (uapi::FR_ACT_GOTO, Some(target)),
            RuleAction::Nop => (uapi::FR_ACT_NOP, None),
            RuleAction::Blackhole => (uapi::FR_ACT_BLACKHOLE, None),
            RuleAction::Unreachable => (uapi::FR_ACT_UNREACHABLE, None),
            RuleAction::Prohibit => (uapi::FR_ACT_PROHIBIT, None),
        };
        let flags = if self.is_inverted { uapi::FIB_RULE_INVERT } else { 0 };
        let [f0, f1, f2, f3] = flags.to_ne_bytes();
        request.fixed(&[
            family(self.is_ipv6),
            to.map_or(0, |(_, length)| length),
            from.map_or(0, |(_, length)| length),
            self.tos,
            u8::try_from(table.unwrap_or(0)).unwrap_or(uapi::RT_TABLE_COMPAT),
            0,
            0,
            action,
            f0,
            f1,
            f2,
            f3,
        ]);
        for (kind, prefix) in [(uapi::FRA_SRC, from), (uapi::FRA_DST, to)] {
            if let Some((address, _)) = prefix {
                write_ip(request, kind, address);
            }
        }
        for (kind, name) in [(uapi::FRA_IIFNAME, &self.iif), (uapi::FRA_OIFNAME, &self.oif)] {
            if let Some(name) = name {
                write_text(request, kind, name);
            }
        }
        let numbers = [
            (uapi::FRA_PRIORITY, self.priority),
            (uapi::FRA_TABLE, table),
            (uapi::FRA_GOTO, target),
            (uapi::FRA_FWMARK, self.mark.map(|(mark, _)| mark)),
            (uapi::FRA_FWMASK, self.mark.map(|(_, mask)| mask)),
            (uapi::FRA_FLOW, self.realms),
            (uapi::FRA_SUPPRESS_PREFIXLEN, self.suppress_prefix_length),
            (uapi::FRA_SUPPRESS_IFGROUP, self.suppress_interface_group),
        ];
        for (kind, value) in numbers {
            write_number(request, kind, value);
        }
        if let Some(tunnel) = self.tunnel {
            request.attribute(uapi::FRA_TUN_ID, &tunnel.to_be_bytes());
        }
        if let Some((first, last)) = self.user_range {
            let range = [first, last].map(u32::to_ne_bytes);
            request.attribute(uapi::FRA_UID_RANGE, range.as_flattened());
        }
        if self.is_l3mdev {
            request.attribute(uapi::FRA_L3MDEV, &[1]);
        }
        if self.protocol != 0 {
            request.attribute(uapi::FRA_PROTOCOL, &[self.protocol]);
        }
        if let Some(protocol) = self.ip_protocol {
            request.attribute(uapi::FRA_IP_PROTO, &[protocol]);
        }
        let ports = [
            (uapi::FRA_SPORT_RANGE, self.source_ports),
            (uapi::FRA_DPORT_RANGE, self.destination_ports),
        ];
        for (kind, ports) in ports {
            if let Some((first, last)) = ports {
                let range = [first, last].map(u16::to_ne_bytes);
                request.attribute(kind, range.as_flattened());
            }
        }
    }

    /// The rule in the payload of an `RTM_NEWRULE` or `RTM_DELRULE` message; `None` for those of other families,
    /// and for those that say more than a [`Rule`] can.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let (fixed, attributes) = payload.split_first_chunk::<{ uapi::FIB_RULE_HDR }>()?;
        let [family, to_length, from_length, tos, table, _, _, action, f0, f1, f2, f3] = *fixed;
        let mut rule = match family {
            uapi::AF_INET => Self::new(false),
            uapi::AF_INET6 => Self::new(true),
            _ => return None,
        };
        rule.is_inverted = u32::from_ne_bytes([f0, f1, f2, f3]) & uapi::FIB_RULE_INVERT != 0;
        rule.tos = tos;
        rule.table = table.into();
        // The kernel does not tell a priority of 0.
        rule.priority = Some(0);
        let (mut target, mut mark, mut mask) = (0, None, None);
        for (kind, value) in Attributes::new(attributes) {
            match kind {
                uapi::FRA_SRC => rule.from = Some((ip(family, value)?, from_length)),
                uapi::FRA_DST => rule.to = Some((ip(family, value)?, to_length)),
                uapi::FRA_IIFNAME => rule.iif = Some(text(value)),
                uapi::FRA_OIFNAME => rule.oif = Some(text(value)),
                uapi::FRA_PRIORITY => rule.priority = Some(number(value)?),
                uapi::FRA_TABLE => rule.table = number(value)?,
                uapi::FRA_GOTO => target = number(value)?,
                uapi::FRA_FWMARK => mark = number(value),
                uapi::FRA_FWMASK => mask = number(value),
                uapi::FRA_FLOW => rule.realms = number(value),
                uapi::FRA_SUPPRESS_PREFIXLEN => {
                    rule.suppress_prefix_length = number(value).filter(|length| *length != NONE);
                }
                uapi::FRA_SUPPRESS_IFGROUP => {
                    rule.suppress_interface_group = number(value).filter(|group| *group != NONE);
                }
                uapi::FRA_TUN_ID => {
                    rule.tunnel = Some(u64::from_be_bytes(*value.first_chunk()?));
                }
                uapi::FRA_UID_RANGE => {
                    rule.user_range = Some((number(value)?, number(value.get(4..)?)?));
                }
                uapi::FRA_L3MDEV => rule.is_l3mdev = *value.first()? != 0,
                uapi::FRA_PROTOCOL => rule.protocol = *value.first()?,
                uapi::FRA_IP_PROTO => rule.ip_protocol = Some(*value.first()?),
                uapi::FRA_SPORT_RANGE => rule.source_ports = Some(ports(value)?),
                uapi::FRA_DPORT_RANGE => rule.destination_ports = Some(ports(value)?),
                // Newer kernels have a mask for a single port.
                uapi::FRA_SPORT_MASK | uapi::FRA_DPORT_MASK if value == [0xff; 2] => {}
                uapi::FRA_SPORT_MASK
                | uapi::FRA_DPORT_MASK
                | uapi::FRA_DSCP
                | uapi::FRA_DSCP_MASK
                | uapi::FRA_FLOWLABEL
                | uapi::FRA_FLOWLABEL_MASK => return None,
                _ => {}
            }
        }
        rule.mark = match (mark, mask) {
            (None, None) => None,
            (mark, mask) => Some((mark.unwrap_or(0), mask.unwrap_or(u32::MAX))),
        };
        rule.action = match action {
            uapi::FR_ACT_TO_TBL => RuleAction::Lookup,
            uapi::FR_ACT_GOTO => RuleAction::Goto(target),
            uapi::FR_ACT_NOP => RuleAction::Nop,
            uapi::FR_ACT_BLACKHOLE => RuleAction::Blackhole,
            uapi::FR_ACT_UNREACHABLE => RuleAction::Unreachable,
            uapi::FR_ACT_PROHIBIT => RuleAction::Prohibit,
            _ => return None,
        };
        Some(rule)
    }
}

/// `struct fib_rule_port_range`.
fn ports(octets: &[u8]) -> Option<(u16, u16)> {
    let [f0, f1, l0, l1] = *octets.first_chunk::<4>()?;
    Some((u16::from_ne_bytes([f0, f1]), u16::from_ne_bytes([l0, l1])))
}
