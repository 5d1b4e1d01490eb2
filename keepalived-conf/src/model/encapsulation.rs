//! `encap`: how packets of a route are wrapped.

use std::iter::Peekable;
use std::net::IpAddr;
use std::slice::Iter;

use super::problem::Problem;
use super::route_words::Word;
use crate::tree::{Value, any_base};

/// What packets of a route are wrapped in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encapsulation {
    /// `ip`: a tunnel over IPv4.
    Ip(TunnelEncapsulation),
    /// `ip6`: a tunnel over IPv6.
    Ip6(TunnelEncapsulation),
    /// `mpls`: labels of 20 bits, the outermost first.
    Mpls(Vec<u32>),
    /// `ila`: the locator, as the high half of an IPv6 address.
    Ila(u64),
}

/// `encap ip` or `encap ip6`: what the tunnel device writes into the outer header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TunnelEncapsulation {
    /// `id`: the number of the tunnel.
    pub id: Option<u64>,
    /// `dst`.
    pub destination: Option<IpAddr>,
    /// `src`.
    pub source: Option<IpAddr>,
    /// `tos` of IPv4, `tc` of IPv6.
    pub traffic_class: Option<u8>,
    /// `ttl` of IPv4, `hoplimit` of IPv6.
    pub hop_limit: Option<u8>,
    /// `flags`: `TUNNEL_…` of `include/uapi/linux/if_tunnel.h`.
    pub flags: Option<u16>,
}

/// `MAX_NEW_LABELS` of the kernel.
const MOST_LABELS: usize = 30;
/// Label values have 20 bits.
const LARGEST_LABEL: u32 = 0xf_ffff;

impl Encapsulation {
    /// Words that stand in it only.
    pub(super) const WORDS: [&str; 9] =
        ["ip", "ip6", "mpls", "ila", "id", "dst", "ttl", "tc", "flags"];

    /// Takes the words after `encap`.
    pub(super) fn read(rest: &mut Peekable<Iter<'_, Word>>) -> Result<Self, Problem> {
        let Some((kind, values)) = rest.next() else { return Err(no_kind()) };
        match (*kind, values.first().and_then(Value::text)) {
            ("ip", _) => Ok(Self::Ip(tunnel(rest, "ip", &IP)?)),
            ("ip6", _) => Ok(Self::Ip6(tunnel(rest, "ip6", &IP6)?)),
            ("mpls", Some(word)) => labels(word).map(Self::Mpls).ok_or_else(|| {
                let help = "allowed are 1 to 30 numbers up to 1048575 with slashes between them";
                Problem::new(format!("mpls is {word}"), help)
            }),
            ("ila", Some(word)) => locator(word).map(Self::Ila).ok_or_else(|| {
                let help = "allowed are four groups in hexadecimal, like 2001:db8:0:1";
                Problem::new(format!("ila is {word}"), help)
            }),
            _ => Err(no_kind()),
        }
    }
}

fn no_kind() -> Problem {
    Problem::new("encap has no kind", "write encap ip, encap ip6, encap mpls or encap ila")
}

/// Words of a tunnel over IPv4.
const IP: [&str; 6] = ["id", "dst", "src", "tos", "ttl", "flags"];
/// Words of a tunnel over IPv6.
const IP6: [&str; 6] = ["id", "dst", "src", "tc", "hoplimit", "flags"];

fn tunnel(
    rest: &mut Peekable<Iter<'_, Word>>,
    kind: &str,
    words: &[&str],
) -> Result<TunnelEncapsulation, Problem> {
    let mut tunnel = TunnelEncapsulation::default();
    while let Some((word, values)) = rest.next_if(|option| words.contains(&option.0)) {
        let number = values.first().and_then(Value::integer);
        let address = values.first().and_then(Value::address);
        if let Some(address) = address.filter(|address| address.is_ipv6() != (kind == "ip6")) {
            let message = format!("{word} of encap {kind} is {address}");
            return Err(Problem::new(message, "write one of the family of the tunnel"));
        }
        let octet: Option<u8> = number.and_then(|number| number.try_into().ok());
        match *word {
            "id" => tunnel.id = number.and_then(|number| number.try_into().ok()),
            "dst" => tunnel.destination = address,
            "src" => tunnel.source = address,
            "tos" | "tc" => tunnel.traffic_class = octet,
            "ttl" | "hoplimit" => tunnel.hop_limit = octet,
            _ => tunnel.flags = number.and_then(|number| number.try_into().ok()),
        }
    }
    if tunnel.destination.is_none() && tunnel.id.is_none() {
        let message = format!("encap {kind} leads nowhere");
        return Err(Problem::new(message, "write dst ADDRESS or id NUMBER after it"));
    }
    Ok(tunnel)
}

fn labels(word: &str) -> Option<Vec<u32>> {
    let label = |text| u32::try_from(any_base(text)?).ok().filter(|label| *label <= LARGEST_LABEL);
    let labels: Option<Vec<u32>> = word.split('/').map(label).collect();
    labels.filter(|labels| labels.len() <= MOST_LABELS)
}

fn locator(word: &str) -> Option<u64> {
    let group = |text| u16::from_str_radix(text, 16).ok();
    let groups: Option<Vec<u16>> = word.split(':').map(group).collect();
    let [first, second, third, fourth] = <[u16; 4]>::try_from(groups?).ok()?.map(u64::from);
    Some((first << 48) | (second << 32) | (third << 16) | fourth)
}
