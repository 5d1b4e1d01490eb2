//! The state in JSON, as `keepalived.json`: the same keys in the same order.

use std::time::Duration;

use keepalived_conf::model::{
    AddressLine, Authentication, Interval, JsonVersion, RouteKind, RouteLine,
};
use serde_json::{Map, Value, json};
use vrrp_io::Status;
use vrrp_io::fsm::State;
use vrrp_io::proto::Priority;

use super::{Routers, last_transition};
use crate::config::{Check, Command, TrackScript};
use crate::director::Entry;

pub(super) fn text(routers: &Routers, scripts: &[TrackScript], version: JsonVersion) -> String {
    let instances: Vec<Value> = routers
        .iter()
        .map(|(entry, status)| json!({ "data": data(entry, status, scripts), "stats": stats(status, entry.planned.instance.hmac.is_some()) }))
        .collect();
    let dump = match version {
        JsonVersion::V2 => json!({ "vrrp": instances }),
        _ => Value::Array(instances),
    };
    dump.to_string()
}

/// keepalived's numbers.
fn state(state: State) -> u8 {
    match state {
        State::Initialize => 0,
        State::Backup => 1,
        State::Active => 2,
        State::Fault => 3,
    }
}

/// Whole seconds as an integer, others as a fraction.
fn seconds(time: Duration) -> Value {
    match time.subsec_nanos() {
        0 => time.as_secs().into(),
        _ => time.as_secs_f64().into(),
    }
}

fn data(entry: &Entry, status: &Status, scripts: &[TrackScript]) -> Value {
    let (instance, commands) = (&entry.planned.instance, &entry.planned.commands);
    let announcing = &instance.announcing;
    let interface = entry.planned.config.interface();
    let is_active = status.state == State::Active;
    let (version, interval) = match instance.interval {
        Interval::V2Seconds(seconds) => (2, Duration::from_secs(seconds.into())),
        Interval::V3Centiseconds(hundredths) => {
            (3, Duration::from_millis(u64::from(hundredths) * 10))
        }
    };
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| {
        data.insert(name.to_owned(), value);
    };
    put("iname", instance.name.as_str().into());
    put("dont_track_primary", u8::from(instance.ignores_interface).into());
    put("skip_check_adv_addr", u8::from(instance.skips_address_check).into());
    put("strict_mode", u8::from(instance.strict).into());
    put("vmac_ifname", status.virtual_interface.as_deref().unwrap_or("").into());
    put("ifp_ifname", interface.into());
    put("master_priority", status.active_priority.map_or(0, Priority::get).into());
    put("last_transition", last_transition(status).into());
    put("garp_delay", seconds(announcing.delay));
    put("garp_refresh", seconds(announcing.refresh));
    put("garp_rep", announcing.repeat.into());
    put("garp_refresh_rep", announcing.refresh_repeat.into());
    put("garp_lower_prio_delay", seconds(announcing.lower_prio_delay));
    put("garp_lower_prio_rep", announcing.lower_prio_repeat.into());
    put("lower_prio_no_advert", u8::from(instance.lower_prio_no_advert).into());
    put("higher_prio_send_advert", u8::from(instance.higher_prio_send_advert).into());
    put("vrid", instance.vrid.into());
    put("base_priority", instance.priority.into());
    put("effective_priority", status.priority.get().into());
    put("vipset", is_active.into());
    put("promote_secondaries", instance.promote_secondaries.into());
    put("adver_int", seconds(interval));
    put("master_adver_int", seconds(status.active_interval));
    put("accept", u8::from(instance.accepts).into());
    put("nopreempt", (!instance.preempt).into());
    put("preempt_delay", seconds(instance.preempt_delay));
    put("state", state(status.state).into());
    put("wantstate", state(status.state).into());
    put("version", version.into());
    put("smtp_alert", instance.smtp_alert.into());
    put("notify_deleted", instance.notifications.tells_deletion.into());
    for (name, keyword) in [
        ("script_backup", "notify_backup"),
        ("script_master", "notify_master"),
        ("script_fault", "notify_fault"),
        ("script_stop", "notify_stop"),
        ("script_deleted", "notify_deleted"),
        ("script", "notify"),
        ("script_master_rx_lower_pri", "notify_master_rx_lower_pri"),
    ] {
        if let Some(command) = commands.get(keyword) {
            put(name, quoted(command).into());
        }
    }
    let list = |lines: Vec<String>| (!lines.is_empty()).then(|| Value::from(lines));
    let addresses = |lines: &[AddressLine]| {
        list(lines.iter().map(|line| address(line, interface, is_active)).collect())
    };
    if let Some(lines) = addresses(&instance.addresses) {
        put("vips", lines);
    }
    if let Some(lines) = addresses(&instance.excluded) {
        put("evips", lines);
    }
    if let Some(lines) = list(instance.routes.iter().map(route).collect()) {
        put("vroutes", lines);
    }
    let names = instance.track_interfaces.iter().map(|track| track.name.clone());
    if let Some(lines) = list(names.collect()) {
        put("track_ifp", lines);
    }
    let check = |name: &str| scripts.iter().find(|script| script.name() == name)?.check.as_ref();
    let commands = instance.track_scripts.iter().filter_map(|track| match check(&track.name)? {
        Check::Command(command) | Check::File(command) => Some(quoted(command)),
    });
    if let Some(lines) = list(commands.collect()) {
        put("track_script", lines);
    }
    let kind = match instance.authentication {
        Authentication::Password(_) => 1,
        Authentication::Header(_) => 2,
        _ => 0,
    };
    put("auth_type", kind.into());
    if kind != 0 {
        put("auth_data", "********".into());
    }
    Value::Object(data)
}

fn quoted(command: &Command) -> String {
    // keepalived shows what links lead to.
    let program = std::fs::canonicalize(&command.program).unwrap_or(command.program.clone());
    let program = program.display().to_string();
    let words = std::iter::once(&program).chain(&command.arguments);
    words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
}

fn address(line: &AddressLine, interface: &str, is_set: bool) -> String {
    let host = if line.address.is_ipv4() { 32 } else { 128 };
    let mut text = line.address.to_string();
    if line.prefix_length != host {
        text += &format!("/{}", line.prefix_length);
    }
    text += &format!(" dev {}", line.device.as_deref().unwrap_or(interface));
    if line.address.is_ipv4() {
        text += &match line.scope {
            None | Some(0) => " scope global".to_owned(),
            Some(200) => " scope site".to_owned(),
            Some(253) => " scope link".to_owned(),
            Some(254) => " scope host".to_owned(),
            Some(other) => format!(" scope {other}"),
        };
    }
    if let Some(label) = &line.label {
        text += &format!(" label {label}");
    }
    if is_set {
        text += " set";
    }
    text
}

fn route(line: &RouteLine) -> String {
    let mut text = match line.kind {
        RouteKind::Unicast => "prepend ".to_owned(),
        kind => format!("prepend {kind:?} ").to_lowercase(),
    };
    text += &match line.prefix_length {
        0 => "default".to_owned(),
        length => format!("{}/{length}", line.destination),
    };
    if let Some(gateway) = line.gateway {
        text += &format!(" via {} {gateway}", if gateway.is_ipv4() { "inet" } else { "inet6" });
    }
    if let Some(device) = &line.device {
        text += &format!(" dev {device}");
    }
    if let Some(table) = &line.table {
        text += &format!(" table {table}");
    }
    text += &format!(" proto {}", line.protocol.as_deref().unwrap_or("18"));
    if let Some(metric) = line.metric {
        text += &format!(" metric {metric}");
    }
    text
}

fn stats(status: &Status, has_hmac: bool) -> Value {
    let stats = &status.stats;
    let mut all = json!({
        "advert_rcvd": stats.advertisements_received,
        "advert_sent": stats.advertisements_sent,
        "become_master": stats.became_active,
        "release_master": stats.released_active,
        "packet_len_err": stats.packet_length_errors,
        "advert_interval_err": stats.interval_errors,
        "ip_ttl_err": stats.ttl_errors,
        "invalid_type_rcvd": stats.invalid_type,
        "addr_list_err": stats.address_list_errors,
        "invalid_authtype": stats.invalid_auth_type,
        "authtype_mismatch": stats.auth_type_mismatch,
        "auth_failure": stats.auth_failures,
        "pri_zero_rcvd": stats.priority_zero_received,
        "pri_zero_sent": stats.priority_zero_sent,
    });
    if has_hmac {
        // Of newer releases of keepalived, and only where there is something to count.
        let all = all.as_object_mut().into_iter();
        all.for_each(|all| {
            for (name, count) in [
                ("auth_ext_missing", stats.auth_extension_missing),
                ("auth_ext_malformed", stats.auth_extension_malformed),
                ("auth_ext_unknown_key", stats.auth_extension_unknown_key),
                ("auth_ext_invalid_hmac", stats.auth_extension_invalid),
                ("auth_ext_stale", stats.auth_extension_stale),
                ("auth_ext_replay", stats.auth_extension_replay),
            ] {
                all.insert(name.into(), count.into());
            }
        });
    }
    all
}
