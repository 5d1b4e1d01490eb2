//! Sessions of BFD.

use bfd_io::SessionConfig;
use bfd_io::session::{Config, ConfigError, HOP_LIMIT};
use keepalived_conf::model::BfdInstance;
use keepalived_conf::{Diagnostics, Severity};

use super::tracking::bfd_item;
use crate::tracking::bfd::BfdSession;

/// keepalived sends IPv6 packets with this hop limit where nothing is said, against RFC 5881; such a peer is
/// to be heard.
const LEAST_IPV6_HOP_LIMIT: u8 = 64;

pub(super) fn sessions(lines: &[BfdInstance], diagnostics: &mut Diagnostics) -> Vec<BfdSession> {
    let mut sessions = Vec::new();
    for line in lines {
        let config = session(line);
        if let Err(error) = &config {
            let message = format!("bfd_instance {}: {error}", line.name);
            let help = "it counts as down".to_owned();
            diagnostics.add(Severity::Error, Some(line.span), message, Some(help));
        }
        let (name, item) = (line.name.clone(), bfd_item(&line.name));
        let (tells_checks, config) = (line.tells_checks, config.ok());
        sessions.push(BfdSession { name, item, tells_checks, config });
    }
    sessions
}

fn session(line: &BfdInstance) -> Result<SessionConfig, ConfigError> {
    let timers = Config::new(line.min_tx, line.min_rx, line.multiplier)?.idle_tx(line.idle_tx)?;
    let timers = if line.is_passive { timers.passive() } else { timers };
    let mut session = SessionConfig::new(line.peer, timers);
    if line.is_multihop {
        session = session.multihop();
    }
    if let Some(source) = line.source {
        session = session.source(source);
    }
    let expected = match (line.hop_limit, line.peer.is_ipv6()) {
        (Some(limit), _) => limit,
        (None, false) => HOP_LIMIT,
        (None, true) => LEAST_IPV6_HOP_LIMIT,
    };
    // keepalived's rule, for one hop and several.
    let least = line.max_hops.map_or(0, |hops| expected.saturating_sub(hops));
    Ok(session.hop_limits(line.hop_limit.unwrap_or(HOP_LIMIT), least))
}
