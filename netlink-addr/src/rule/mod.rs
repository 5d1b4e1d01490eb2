//! A policy rule: `struct fib_rule_hdr` and its attributes, `include/uapi/linux/fib_rules.h`.

mod message;
#[cfg(test)]
mod tests;
mod text;

use std::net::IpAddr;

use crate::attribute::narrowing;
use crate::route::Route;

/// A policy rule: which packets it is for, and what becomes of them. What is `None`, 0 or `false` does not
/// narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// It is for IPv6 packets, not for IPv4.
    pub is_ipv6: bool,
    /// For the packets that the rest does not describe.
    pub is_inverted: bool,
    /// Network of the source, with its length in bits.
    pub from: Option<(IpAddr, u8)>,
    /// Network of the destination, with its length in bits.
    pub to: Option<(IpAddr, u8)>,
    /// Name of the interface that packets come in through; `lo` for this machine's own.
    pub iif: Option<String>,
    /// Name of the interface that a socket is bound to.
    pub oif: Option<String>,
    /// Its place among the rules, the lowest first. `None` is a new place before those that are there, and
    /// any place where rules are compared or removed.
    pub priority: Option<u32>,
    /// What becomes of the packets.
    pub action: RuleAction,
    /// The table of [`RuleAction::Lookup`]; 254 is `main`. It does not matter for
    /// [`is_l3mdev`](Self::is_l3mdev).
    pub table: u32,
    /// The table is that of the VRF which the packets belong to.
    pub is_l3mdev: bool,
    /// Type of service.
    pub tos: u8,
    /// The firewall mark, and the mask of the bits that count.
    pub mark: Option<(u32, u32)>,
    /// The realm of the source and, in the lower 16 bits, that of the destination, which packets get
    /// (`FRA_FLOW`); IPv4 only.
    pub realms: Option<u32>,
    /// Routes to networks of so many bits or fewer do not count.
    pub suppress_prefix_length: Option<u32>,
    /// Routes through interfaces of this group do not count.
    pub suppress_interface_group: Option<u32>,
    /// Key of the tunnel that packets came through.
    pub tunnel: Option<u64>,
    /// The first and the last user whose sockets it is for.
    pub user_range: Option<(u32, u32)>,
    /// Who put it there (`RTPROT_…`).
    pub protocol: u8,
    /// The protocol above IP (`IPPROTO_…`).
    pub ip_protocol: Option<u8>,
    /// The first and the last source port, from 1.
    pub source_ports: Option<(u16, u16)>,
    /// The first and the last destination port, from 1.
    pub destination_ports: Option<(u16, u16)>,
}

/// What a rule does: `FR_ACT_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleAction {
    /// Looks for a route in a table.
    Lookup,
    /// Goes on with the rule of this priority, which must be higher than its own.
    Goto(u32),
    /// Nothing: the next rule follows.
    Nop,
    /// Drops packets without a word.
    Blackhole,
    /// Refuses packets as unreachable.
    Unreachable,
    /// Refuses packets as forbidden.
    Prohibit,
}

impl Rule {
    /// A rule that looks for all packets in the table `main`.
    pub fn new(is_ipv6: bool) -> Self {
        Self {
            is_ipv6,
            is_inverted: false,
            from: None,
            to: None,
            iif: None,
            oif: None,
            priority: None,
            action: RuleAction::Lookup,
            table: Route::MAIN,
            is_l3mdev: false,
            tos: 0,
            mark: None,
            realms: None,
            suppress_prefix_length: None,
            suppress_interface_group: None,
            tunnel: None,
            user_range: None,
            protocol: 0,
            ip_protocol: None,
            source_ports: None,
            destination_ports: None,
        }
    }

    /// Whether both are the same rule, whoever put it there.
    pub fn is_same(&self, other: &Self) -> bool {
        let is_place =
            self.priority.is_none_or(|place| other.priority.is_none_or(|other| other == place));
        is_place && self.as_told() == other.as_told()
    }

    /// Without its place and origin, and without what says nothing: as the kernel would tell it.
    fn as_told(&self) -> Self {
        let is_number = |number: &u32| *number != u32::MAX;
        Self {
            from: narrowing(self.from),
            to: narrowing(self.to),
            priority: None,
            table: self.looked_up().unwrap_or(0),
            mark: self.mark.filter(|mark| *mark != (0, 0)),
            realms: self.realms.filter(|realms| *realms != 0 && !self.is_ipv6),
            suppress_prefix_length: self.suppress_prefix_length.filter(is_number),
            suppress_interface_group: self.suppress_interface_group.filter(is_number),
            tunnel: self.tunnel.filter(|tunnel| *tunnel != 0),
            protocol: 0,
            ip_protocol: self.ip_protocol.filter(|protocol| *protocol != 0),
            ..self.clone()
        }
    }

    /// The table that it names.
    fn looked_up(&self) -> Option<u32> {
        let is_named = self.action == RuleAction::Lookup && !self.is_l3mdev;
        Some(self.table).filter(|_| is_named)
    }
}
