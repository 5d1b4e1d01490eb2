//! `bfd_instance`: a session with a peer, which instances and checks follow.

use std::net::IpAddr;
use std::num::NonZeroU8;
use std::time::Duration;

use super::track::Weight;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::Section;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BfdInstance {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// `neighbor_ip`.
    pub peer: IpAddr,
    /// `source_ip`.
    pub source: Option<IpAddr>,
    /// `min_rx`.
    pub min_rx: Duration,
    /// `min_tx`.
    pub min_tx: Duration,
    /// `idle_tx`.
    pub idle_tx: Duration,
    /// `multiplier`.
    pub multiplier: NonZeroU8,
    /// `passive`.
    pub is_passive: bool,
    /// `ttl` or `hoplimit`: of our packets, and what the peer's are expected to begin with.
    pub hop_limit: Option<u8>,
    /// `max_hops`: routers that packets of the peer may pass; `None` for any number.
    pub max_hops: Option<u8>,
    /// `multihop`.
    pub is_multihop: bool,
    /// What its state weighs where nothing else is said.
    pub weight: Weight,
    /// VRRP is told, because that is written or because nothing is.
    pub tells_vrrp: bool,
    /// Checks are told, because that is written (`checker`) or because nothing is.
    pub tells_checks: bool,
}

const DEFAULT_INTERVAL: Duration = Duration::from_millis(10);
const DEFAULT_IDLE: Duration = Duration::from_secs(1);
const DEFAULT_MULTIPLIER: NonZeroU8 = NonZeroU8::new(5).expect("5 is not 0");

impl BfdInstance {
    pub(super) fn read(
        name: &str,
        span: Span,
        section: &Section,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let peer = section.address("neighbor_ip").or_else(|| section.address("neighbour_ip"));
        let Some(peer) = peer else {
            let message = format!("bfd_instance {name} has no neighbor_ip");
            diagnostics.error(span, message, "write neighbor_ip ADDRESS");
            return None;
        };
        let of_family = |address: &IpAddr| address.is_ipv4() == peer.is_ipv4();
        let source = section.address("source_ip");
        if let Some(other) = source.filter(|source| !of_family(source)) {
            let message = format!("source_ip is {other} and neighbor_ip is {peer}");
            diagnostics.error(
                span,
                message,
                "write addresses of one family; the session is left out",
            );
            return None;
        }
        let octet = |name: &str| section.integer(name).and_then(|value| u8::try_from(value).ok());
        let duration = |name: &str, default| section.duration(name).unwrap_or(default);
        let weight = section.get("weight").and_then(|entry| Weight::of(entry.values()?));
        let max_hops = section.integer("max_hops").unwrap_or(0);
        Some(Self {
            name: name.to_owned(),
            span,
            peer,
            source,
            min_rx: duration("min_rx", DEFAULT_INTERVAL),
            min_tx: duration("min_tx", DEFAULT_INTERVAL),
            idle_tx: duration("idle_tx", DEFAULT_IDLE),
            multiplier: octet("multiplier").and_then(NonZeroU8::new).unwrap_or(DEFAULT_MULTIPLIER),
            is_passive: section.has("passive"),
            hop_limit: octet("ttl").or_else(|| octet("hoplimit")),
            max_hops: u8::try_from(max_hops).ok(),
            is_multihop: section.boolean("multihop").unwrap_or(false),
            weight: weight.unwrap_or_default(),
            tells_vrrp: section.has("vrrp") || !section.has("checker"),
            tells_checks: section.has("checker") || !section.has("vrrp"),
        })
    }
}

/// Two sessions with one peer could not be told apart.
pub(super) fn distinct(
    sessions: Vec<BfdInstance>,
    diagnostics: &mut Diagnostics,
) -> Vec<BfdInstance> {
    let mut kept: Vec<BfdInstance> = Vec::new();
    for session in sessions {
        let is_same = |other: &&BfdInstance| {
            (other.peer, other.is_multihop) == (session.peer, session.is_multihop)
        };
        match kept.iter().find(is_same) {
            Some(other) => {
                let (name, peer) = (&session.name, session.peer);
                let message = format!("bfd_instance {name} has the peer {peer} of {}", other.name);
                diagnostics.error(session.span, message, "track that one; this one is left out");
            }
            None => kept.push(session),
        }
    }
    kept
}
