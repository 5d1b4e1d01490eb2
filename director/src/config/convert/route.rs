//! Lines of routes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use keepalived_conf::model::{
    Encapsulation as EncapsulationLine, NextHop as NextHopLine, Realms, RouteKind as RouteKindLine,
    RouteLine, RouteMetrics, RoutePlace, RouterPreference, TunnelEncapsulation,
};
use keepalived_conf::{Severity, Span};
use vrrp_io::{
    Encapsulation, Insertion, Metric, MetricSet, Metrics, NextHop, Preference, Route, RouteKind,
    Scope, VirtualRoute,
};

use super::{Machine, watcher};

impl Machine<'_> {
    pub(super) fn route(&mut self, line: &RouteLine) -> Option<VirtualRoute> {
        let mut route = Route::new(line.destination, line.prefix_length).ok()?;
        route.kind = match line.kind {
            RouteKindLine::Local => RouteKind::Local,
            RouteKindLine::Broadcast => RouteKind::Broadcast,
            RouteKindLine::Multicast => RouteKind::Multicast,
            RouteKindLine::Blackhole => RouteKind::Blackhole,
            RouteKindLine::Unreachable => RouteKind::Unreachable,
            RouteKindLine::Prohibit => RouteKind::Prohibit,
            RouteKindLine::Throw => RouteKind::Throw,
            _ => RouteKind::Unicast,
        };
        route.gateway = line.gateway;
        route.source = line.source;
        route.from = line.from;
        route.metric = line.metric.unwrap_or(0);
        route.tos = line.tos.unwrap_or(0);
        route.scope = line.scope.map(Scope);
        route.is_on_link = line.is_on_link;
        route.mtu = line.mtu;
        route.metrics = metrics(&line.metrics);
        route.expires = line.expires.map(|time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
        route.preference = line.preference.and_then(|preference| match preference {
            RouterPreference::Low => Some(Preference::Low),
            RouterPreference::Medium => Some(Preference::Medium),
            RouterPreference::High => Some(Preference::High),
            _ => None,
        });
        route.ttl_propagate = line.propagates_ttl;
        route.insertion = match line.place {
            RoutePlace::Add => Insertion::Add,
            RoutePlace::Append => Insertion::Append,
            _ => Insertion::Usual,
        };
        route.encapsulation = line.encapsulation.as_ref().and_then(encapsulation);
        route.realms = self.realms(line.realms.as_ref(), line.span);
        if let Some(word) = &line.table {
            // Anywhere else it would be another route.
            route.table = self.number(word, "table", line.span)?;
        } else if let Some(vrf) = &line.vrf {
            route.table = self.vrf_table(vrf, line.span)?;
        }
        if let Some(word) = &line.protocol
            && let Some(protocol) = self.number(word, "protocol", line.span)
        {
            route.protocol = protocol.try_into().unwrap_or(0);
        }
        let hops: Vec<NextHop> =
            line.next_hops.iter().map(|hop| self.next_hop(hop, line.span)).collect();
        route.next_hops = hops;
        let mut planned = VirtualRoute::new(route)
            .hop_devices(line.next_hops.iter().map(|hop| hop.device.clone()));
        for device in line.device.iter().chain(line.next_hops.iter().flat_map(|hop| &hop.device)) {
            if self.is_missing(device) {
                let message = format!("there is no interface {device}");
                self.problem(self.of_missing(), line.span, message, "the route waits for it");
            }
        }
        if let Some(device) = &line.device {
            planned = planned.device(device);
        }
        if let Some(group) = &line.track_group {
            planned = planned.watched_as(watcher(group));
        }
        Some(if line.is_tracked { planned } else { planned.untracked() })
    }

    fn next_hop(&mut self, line: &NextHopLine, span: Span) -> NextHop {
        let mut hop = NextHop::new(line.gateway, None);
        hop.weight = line.weight;
        hop.is_on_link = line.is_on_link;
        hop.realms = self.realms(line.realms.as_ref(), span);
        hop.encapsulation = line.encapsulation.as_ref().and_then(encapsulation);
        hop
    }

    /// Two numbers in one: that of the source in the upper half.
    pub(super) fn realms(&mut self, line: Option<&Realms>, span: Span) -> Option<u32> {
        let line = line?;
        let to = self.number(&line.to, "realms", span)?;
        let from = match &line.from {
            Some(word) => self.number(word, "realms", span)?,
            None => 0,
        };
        Some(from << 16 | to & 0xffff)
    }

    /// The number that a word stands for in iproute2's files; what it is not is a problem.
    pub(super) fn number(&mut self, word: &str, what: &str, span: Span) -> Option<u32> {
        let number = match what {
            "table" => self.names.table(word),
            "protocol" => self.names.protocol(word).map(u32::from),
            "realms" => self.names.realm(word),
            _ => self.names.group(word),
        };
        if number.is_none() {
            let message = format!("{what} is {word}");
            let help = "allowed is a number, or a name that iproute2 knows";
            self.problem(Severity::Error, span, message, help);
        }
        number
    }

    /// The table of a VRF device.
    fn vrf_table(&mut self, vrf: &str, span: Span) -> Option<u32> {
        let table = self.interfaces.as_ref().and_then(|all| all.vrf_tables.get(vrf)).copied();
        if table.is_none() {
            let message = format!("there is no VRF {vrf}");
            self.problem(Severity::Error, span, message, "the route is left out");
        }
        table
    }
}

fn metrics(line: &RouteMetrics) -> Metrics {
    let mut metrics = Metrics::default();
    metrics.window = line.window;
    metrics.rtt = line.rtt;
    metrics.rtt_variance = line.rttvar;
    metrics.slow_start_threshold = line.ssthresh;
    metrics.congestion_window = line.cwnd;
    metrics.advertised_mss = line.advmss;
    metrics.reordering = line.reordering;
    metrics.hop_limit = line.hoplimit.map(u32::from);
    metrics.initial_congestion_window = line.initcwnd;
    metrics.initial_receive_window = line.initrwnd;
    metrics.retransmission_timeout_min = line.rto_min.filter(|time| *time > Duration::ZERO);
    metrics.features = if line.has_ecn { Metrics::ECN } else { 0 };
    metrics.has_quick_ack = line.quickack.unwrap_or(false);
    metrics.has_fast_open_without_cookie = line.fastopen_no_cookie.unwrap_or(false);
    metrics.congestion_control.clone_from(&line.congctl);
    metrics.locked = line.locked.iter().fold(MetricSet::EMPTY, |set, name| match *name {
        "mtu" => set.with(Metric::Mtu),
        "advmss" => set.with(Metric::AdvertisedMss),
        "rtt" => set.with(Metric::Rtt),
        "rttvar" => set.with(Metric::RttVariance),
        "cwnd" => set.with(Metric::CongestionWindow),
        "ssthresh" => set.with(Metric::SlowStartThreshold),
        "congctl" => set.with(Metric::CongestionControl),
        _ => set,
    });
    metrics
}

fn encapsulation(line: &EncapsulationLine) -> Option<Encapsulation> {
    Some(match line {
        EncapsulationLine::Ip(TunnelEncapsulation {
            id,
            destination,
            source,
            traffic_class,
            hop_limit,
            flags,
            ..
        }) => Encapsulation::Ip {
            id: id.unwrap_or(0),
            destination: destination.and_then(v4).unwrap_or(Ipv4Addr::UNSPECIFIED),
            source: source.and_then(v4).unwrap_or(Ipv4Addr::UNSPECIFIED),
            tos: traffic_class.unwrap_or(0),
            ttl: hop_limit.unwrap_or(0),
            flags: flags.unwrap_or(0),
        },
        EncapsulationLine::Ip6(TunnelEncapsulation {
            id,
            destination,
            source,
            traffic_class,
            hop_limit,
            flags,
            ..
        }) => Encapsulation::Ip6 {
            id: id.unwrap_or(0),
            destination: destination.and_then(v6).unwrap_or(Ipv6Addr::UNSPECIFIED),
            source: source.and_then(v6).unwrap_or(Ipv6Addr::UNSPECIFIED),
            traffic_class: traffic_class.unwrap_or(0),
            hop_limit: hop_limit.unwrap_or(0),
            flags: flags.unwrap_or(0),
        },
        EncapsulationLine::Mpls(labels) => Encapsulation::Mpls(labels.clone()),
        EncapsulationLine::Ila(locator) => Encapsulation::Ila(*locator),
        _ => return None,
    })
}

fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

fn v6(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    }
}
