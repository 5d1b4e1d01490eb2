//! Lines of policy rules.

use keepalived_conf::model::{RuleAction as RuleActionLine, RuleLine};
use vrrp_io::{Rule, RuleAction, VirtualRule};

use super::{Machine, watcher};

impl Machine<'_> {
    pub(super) fn rule(&mut self, line: &RuleLine) -> Option<VirtualRule> {
        let mut rule = Rule::new(line.is_ipv6);
        rule.action = match &line.action {
            RuleActionLine::Table(word) => {
                rule.table = self.number(word, "table", line.span)?;
                RuleAction::Lookup
            }
            RuleActionLine::VrfTable => {
                rule.is_l3mdev = true;
                RuleAction::Lookup
            }
            RuleActionLine::Goto(preference) => RuleAction::Goto(*preference),
            RuleActionLine::Nop => RuleAction::Nop,
            RuleActionLine::Blackhole => RuleAction::Blackhole,
            RuleActionLine::Unreachable => RuleAction::Unreachable,
            RuleActionLine::Prohibit => RuleAction::Prohibit,
            _ => return None,
        };
        rule.is_inverted = line.is_inverted;
        let next = || {
            let preference = self.rule_preference.get();
            self.rule_preference.set(preference.saturating_sub(1));
            preference
        };
        rule.priority = Some(line.preference.unwrap_or_else(next));
        rule.from = line.from;
        rule.to = line.to;
        rule.iif.clone_from(&line.incoming);
        rule.oif.clone_from(&line.outgoing);
        rule.tos = line.tos.unwrap_or(0);
        rule.mark = line.mark.map(|(mark, mask)| (mark, mask.unwrap_or(u32::MAX)));
        rule.realms = self.realms(line.realms.as_ref(), line.span);
        rule.suppress_prefix_length = line.suppress_prefix_length.map(u32::from);
        if let Some(word) = &line.suppress_group {
            rule.suppress_interface_group =
                Some(self.number(word, "suppress_ifgroup", line.span)?);
        }
        rule.tunnel = line.tunnel;
        rule.user_range = line.users;
        if let Some(word) = &line.protocol
            && let Some(protocol) = self.number(word, "protocol", line.span)
        {
            rule.protocol = protocol.try_into().unwrap_or(0);
        }
        rule.ip_protocol = line.ip_protocol;
        rule.source_ports = line.source_ports;
        rule.destination_ports = line.destination_ports;
        let mut planned = VirtualRule::new(rule);
        if let Some(group) = &line.track_group {
            planned = planned.watched_as(watcher(group));
        }
        Some(if line.is_tracked { planned } else { planned.untracked() })
    }
}
