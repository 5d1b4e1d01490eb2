//! The status as Prometheus metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::report::Report;

type Labels = Vec<(String, String)>;
type Seconds = Gauge<f64, AtomicU64>;

/// The text that Prometheus reads.
pub(super) fn text(report: &Report) -> String {
    let mut registry = Registry::with_prefix("director");
    let state = Family::<Labels, Gauge>::default();
    registry.register("state", "1 for the state that the instance is in", state.clone());
    let priority = Family::<Labels, Gauge>::default();
    registry.register("priority", "The priority that is advertised", priority.clone());
    let since = Family::<Labels, Seconds>::default();
    registry.register(
        "state_seconds",
        "Since the last change of state; the label says why it changed",
        since.clone(),
    );
    let group = Family::<Labels, Gauge>::default();
    registry.register("group_state", "1 for the state that the sync group is in", group.clone());
    let bfd = Family::<Labels, Gauge>::default();
    registry.register("bfd_up", "1 for a session of BFD that is up", bfd.clone());
    let refused = Family::<Labels, Counter>::default();
    registry.register(
        "refused_packets",
        "Packets that could not be charged to an instance",
        refused.clone(),
    );
    let uptime = Seconds::default();
    registry.register("uptime_seconds", "Since the start", uptime.clone());
    let reloads = Counter::<u64, AtomicU64>::default();
    registry.register("reloads", "Configurations that were taken", reloads.clone());
    let current = Gauge::<i64>::default();
    registry.register(
        "configuration_current",
        "Whether the last configuration was taken",
        current.clone(),
    );
    uptime.set(report.uptime_seconds);
    reloads.inner().store(report.reloads, Ordering::Relaxed);
    current.set(report.is_configuration_current.into());

    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for instance in &report.instances {
        let of = |more: &[(&str, &str)]| -> Labels {
            let own = [
                label("instance", &instance.name),
                label("interface", &instance.interface),
                label("vrid", &instance.vrid.to_string()),
                label("family", &instance.family),
            ];
            own.into_iter().chain(more.iter().map(|(n, v)| label(n, v))).collect()
        };
        for name in ["INIT", "BACKUP", "MASTER", "FAULT"] {
            let is_in = i64::from(instance.state == name);
            state.get_or_create(&of(&[("state", name)])).set(is_in);
        }
        priority.get_or_create(&of(&[])).set(instance.priority.into());
        since.get_or_create(&of(&[("reason", &instance.reason)])).set(instance.since_seconds);
    }
    for one in &report.groups {
        for name in ["INIT", "BACKUP", "MASTER", "FAULT"] {
            let labels = vec![label("group", &one.name), label("state", name)];
            group.get_or_create(&labels).set((one.state == name).into());
        }
    }
    for session in &report.bfd {
        let peer = session.peer.as_deref().unwrap_or_default();
        let labels = vec![label("session", &session.name), label("peer", peer)];
        bfd.get_or_create(&labels).set((session.state == "Up").into());
    }
    for (reason, count) in &report.refused {
        refused.get_or_create(&vec![label("reason", reason)]).inc_by(*count);
    }
    // One metric for each counter, so that its name says what it counts.
    let names = report.instances.first().map(|first| first.counters.keys().cloned());
    for name in names.into_iter().flatten() {
        let family = Family::<Labels, Counter>::default();
        registry.register(name.clone(), name.replace('_', " "), family.clone());
        for instance in &report.instances {
            let labels = vec![
                label("instance", &instance.name),
                label("interface", &instance.interface),
                label("vrid", &instance.vrid.to_string()),
                label("family", &instance.family),
            ];
            let count = instance.counters.get(&name).copied().unwrap_or(0);
            family.get_or_create(&labels).inc_by(count);
        }
    }
    let mut text = String::new();
    // A String takes whatever is written to it.
    let _ = encode(&mut text, &registry);
    text
}
