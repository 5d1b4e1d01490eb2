//! The words of a route, or of one of its next hops.

use std::net::IpAddr;

use super::encapsulation::Encapsulation;
use super::problem::Problem;
use crate::tree::Value;

/// An option word with its values, as it stands in the tree.
pub(super) type Word = (&'static str, Vec<Value>);

/// The words of a route without those of its next hops, or of one next hop.
pub(super) struct Words<'a> {
    list: Vec<&'a Word>,
    /// `encap`, whose words are not in the list.
    pub(super) encapsulation: Option<Encapsulation>,
}

/// `via`.
#[derive(Clone, Copy)]
pub(super) struct Gateway {
    pub(super) address: IpAddr,
    /// Whether its family is written.
    pub(super) has_family: bool,
}

impl<'a> Words<'a> {
    pub(super) fn of(options: &'a [Word]) -> Result<Self, Problem> {
        let mut words = Self { list: Vec::new(), encapsulation: None };
        let mut rest = options.iter().peekable();
        while let Some(option) = rest.next() {
            match option.0 {
                "encap" => words.encapsulation = Some(Encapsulation::read(&mut rest)?),
                word if Encapsulation::WORDS.contains(&word) => {
                    let message = format!("{word} stands without encap");
                    let help = "write encap ip, ip6, mpls or ila before it";
                    return Err(Problem::new(message, help));
                }
                _ => words.list.push(option),
            }
        }
        Ok(words)
    }

    pub(super) fn names(&self) -> impl DoubleEndedIterator<Item = &'static str> {
        self.list.iter().map(|option| option.0)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names().any(|word| word == name)
    }

    /// The value of the last of this name.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.list.iter().rfind(|option| option.0 == name)?.1.first()
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.value(name)?.integer()
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.text().map(str::to_owned)
    }

    pub(super) fn address(&self, name: &str) -> Option<IpAddr> {
        self.value(name)?.address()
    }

    /// Which of these words stands last.
    pub(super) fn last_of(&self, names: &[&str]) -> Option<&'static str> {
        self.names().rev().find(|word| names.contains(word))
    }

    /// The words that have this one before their value.
    pub(super) fn behind(&self, before: &str) -> Vec<&'static str> {
        let pairs = self.list.windows(2).filter(|pair| pair[0].0 == before);
        pairs.map(|pair| pair[1].0).collect()
    }

    pub(super) fn gateway(&self) -> Result<Option<Gateway>, Problem> {
        let Some(at) = self.names().rev().position(|word| word == "via") else { return Ok(None) };
        let at = self.list.len() - 1 - at;
        let Some(address) = self.list[at].1.first().and_then(Value::address) else {
            return Ok(None);
        };
        let before = at.checked_sub(1).map(|before| self.list[before].0);
        let family = before.filter(|word| matches!(*word, "inet" | "inet6"));
        if family.is_some_and(|family| (family == "inet6") != address.is_ipv6()) {
            let message = format!("the gateway {address} is of another family than it says");
            return Err(Problem::new(message, "write inet for IPv4 and inet6 for IPv6"));
        }
        Ok(Some(Gateway { address, has_family: family.is_some() }))
    }
}

impl Gateway {
    /// A route of IPv4 may lead to a gateway of IPv6 where that is written.
    pub(super) fn check(self, destination: IpAddr) -> Result<IpAddr, Problem> {
        let gateway = self.address;
        let is_allowed = gateway.is_ipv4() == destination.is_ipv4()
            || (destination.is_ipv4() && self.has_family);
        if is_allowed {
            return Ok(gateway);
        }
        let help = match destination.is_ipv4() {
            true => "both have to be of one family, unless inet6 stands before the gateway",
            false => "both have to be of one family",
        };
        Err(Problem::new(format!("the route to {destination} names {gateway}"), help))
    }
}
