//! A rule as text.

use std::fmt;

use super::{Rule, RuleAction};

/// As `ip rule` has it: `from 192.0.2.0/24 lookup 100`, and after that the priority.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_inverted {
            f.write_str("not ")?;
        }
        match self.from {
            Some((address, length)) => write!(f, "from {address}/{length}")?,
            None => f.write_str("from all")?,
        }
        if let Some((address, length)) = self.to {
            write!(f, " to {address}/{length}")?;
        }
        if self.tos != 0 {
            write!(f, " tos {:#04x}", self.tos)?;
        }
        match self.mark {
            Some((mark, u32::MAX)) => write!(f, " fwmark {mark:#x}")?,
            Some((mark, mask)) => write!(f, " fwmark {mark:#x}/{mask:#x}")?,
            None => {}
        }
        for (word, name) in [("iif", &self.iif), ("oif", &self.oif)] {
            if let Some(name) = name {
                write!(f, " {word} {name}")?;
            }
        }
        if let Some((first, last)) = self.user_range {
            write!(f, " uidrange {first}-{last}")?;
        }
        if let Some(protocol) = self.ip_protocol {
            write!(f, " ipproto {protocol}")?;
        }
        for (word, ports) in [("sport", self.source_ports), ("dport", self.destination_ports)] {
            match ports {
                Some((first, last)) if first == last => write!(f, " {word} {first}")?,
                Some((first, last)) => write!(f, " {word} {first}-{last}")?,
                None => {}
            }
        }
        if let Some(tunnel) = self.tunnel {
            write!(f, " tun_id {tunnel}")?;
        }
        match self.action {
            RuleAction::Lookup if self.is_l3mdev => f.write_str(" l3mdev")?,
            RuleAction::Lookup => write!(f, " lookup {}", self.table)?,
            RuleAction::Goto(priority) => write!(f, " goto {priority}")?,
            RuleAction::Nop => f.write_str(" nop")?,
            RuleAction::Blackhole => f.write_str(" blackhole")?,
            RuleAction::Unreachable => f.write_str(" unreachable")?,
            RuleAction::Prohibit => f.write_str(" prohibit")?,
        }
        match self.priority {
            Some(priority) => write!(f, " priority {priority}"),
            None => Ok(()),
        }
    }
}
