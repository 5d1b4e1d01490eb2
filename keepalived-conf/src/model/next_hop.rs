//! `nexthop`: one of several ways of a route.

use std::net::IpAddr;

use super::encapsulation::Encapsulation;
use super::problem::Problem;
use super::realms::Realms;
use super::route_words::Words;

/// One of several ways of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextHop {
    /// `via`.
    pub gateway: Option<IpAddr>,
    /// `dev`.
    pub device: Option<String>,
    /// `weight`: its share of the traffic, 1 to 256.
    pub weight: u16,
    /// `onlink`.
    pub is_on_link: bool,
    /// `encap`.
    pub encapsulation: Option<Encapsulation>,
    /// `realms`.
    pub realms: Option<Realms>,
}

/// Words of a next hop; `inet` and `inet6` stand before its gateway.
const WORDS: [&str; 7] = ["via", "inet", "inet6", "dev", "weight", "onlink", "realms"];

impl NextHop {
    pub(super) fn to(gateway: Option<IpAddr>, device: Option<String>) -> Self {
        Self { gateway, device, weight: 1, is_on_link: false, encapsulation: None, realms: None }
    }

    pub(super) fn of(words: Words<'_>, destination: IpAddr) -> Result<Self, Problem> {
        if let Some(word) = words.names().find(|word| !WORDS.contains(word)) {
            let message = format!("{word} stands after nexthop");
            return Err(Problem::new(message, "write it before the first nexthop"));
        }
        let gateway = match words.gateway()? {
            Some(gateway) => Some(gateway.check(destination)?),
            None => None,
        };
        let device = words.text("dev");
        if gateway.is_none() && device.is_none() {
            let message = format!("a nexthop of the route to {destination} leads nowhere");
            return Err(Problem::new(message, "write via GATEWAY or dev INTERFACE"));
        }
        let realms = words.text("realms");
        if realms.is_some() && destination.is_ipv6() {
            let message = format!("the route to {destination} has realms");
            return Err(Problem::new(message, "routes of IPv6 have none; remove it"));
        }
        let weight = words.integer("weight").and_then(|weight| weight.try_into().ok());
        Ok(Self {
            weight: weight.unwrap_or(1),
            is_on_link: words.has("onlink"),
            realms: realms.as_deref().map(Realms::of).transpose()?,
            encapsulation: words.encapsulation,
            ..Self::to(gateway, device)
        })
    }
}
