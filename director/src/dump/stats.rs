//! Counters, as `keepalived.stats`.

use std::fmt::Write;

use super::Routers;

pub(super) fn text(routers: &Routers) -> String {
    let mut text = String::new();
    for (entry, status) in routers {
        let (name, stats) = (&entry.planned.instance.name, &status.stats);
        let _ = write!(
            text,
            "VRRP Instance: {name}\n\
             \x20 Advertisements:\n\
             \x20   Received: {}\n\
             \x20   Sent: {}\n\
             \x20 Became master: {}\n\
             \x20 Released master: {}\n\
             \x20 Packet Errors:\n\
             \x20   Length: {}\n\
             \x20   TTL: {}\n\
             \x20   Invalid Type: {}\n\
             \x20   Advertisement Interval: {}\n\
             \x20   Address List: {}\n\
             \x20 Authentication Errors:\n\
             \x20   Invalid Type: {}\n\
             \x20   Type Mismatch: {}\n\
             \x20   Failure: {}\n\
             \x20 Authentication Extension Errors:\n\
             \x20   Missing: {}\n\
             \x20   Malformed: {}\n\
             \x20   Unknown Key: {}\n\
             \x20   Invalid HMAC: {}\n\
             \x20   Stale: {}\n\
             \x20   Replay: {}\n\
             \x20 Priority Zero:\n\
             \x20   Received: {}\n\
             \x20   Sent: {}\n",
            stats.advertisements_received,
            stats.advertisements_sent,
            stats.became_active,
            stats.released_active,
            stats.packet_length_errors,
            stats.ttl_errors,
            stats.invalid_type,
            stats.interval_errors,
            stats.address_list_errors,
            stats.invalid_auth_type,
            stats.auth_type_mismatch,
            stats.auth_failures,
            stats.auth_extension_missing,
            stats.auth_extension_malformed,
            stats.auth_extension_unknown_key,
            stats.auth_extension_invalid,
            stats.auth_extension_stale,
            stats.auth_extension_replay,
            stats.priority_zero_received,
            stats.priority_zero_sent,
        );
    }
    text
}
