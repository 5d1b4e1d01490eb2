//! What connections take from a route: `RTAX_…` of `include/uapi/linux/rtnetlink.h`.

use std::time::Duration;

use netlink_conn::{Attributes, Request};

use crate::address::text;
use crate::attribute::{number, write_number, write_text};
use crate::uapi;

/// Kernel units of `RTAX_RTT`, `RTAX_RTTVAR` and `RTAX_RTO_MIN`.
const RTT_UNIT: Duration = Duration::from_micros(125);
const RTT_VARIANCE_UNIT: Duration = Duration::from_micros(250);
const TIMEOUT_UNIT: Duration = Duration::from_millis(1);

/// What connections over a route begin with. 0 is the same as `None`; the MTU is [`Route::mtu`](super::Route::mtu).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// The largest window that is advertised, in octets.
    pub window: Option<u32>,
    /// The round trip time (`RTAX_RTT`), in steps of 125 µs.
    pub rtt: Option<Duration>,
    /// How much the round trip time varies (`RTAX_RTTVAR`), in steps of 250 µs.
    pub rtt_variance: Option<Duration>,
    /// The slow start threshold (`RTAX_SSTHRESH`), in segments.
    pub slow_start_threshold: Option<u32>,
    /// The largest congestion window (`RTAX_CWND`), in segments; it counts only when it is locked.
    pub congestion_window: Option<u32>,
    /// The maximum segment size that is advertised (`RTAX_ADVMSS`), in octets.
    pub advertised_mss: Option<u32>,
    /// How far segments may be out of order before one counts as lost.
    pub reordering: Option<u32>,
    /// Hop limit or TTL of this machine's own packets, up to 255.
    pub hop_limit: Option<u32>,
    /// The congestion window that a connection begins with (`RTAX_INITCWND`), in segments.
    pub initial_congestion_window: Option<u32>,
    /// The receive window that a connection begins with (`RTAX_INITRWND`), in segments.
    pub initial_receive_window: Option<u32>,
    /// The shortest time before something is sent again (`RTAX_RTO_MIN`), in ms. The kernel looks only
    /// at a locked one, so it is always locked.
    pub retransmission_timeout_min: Option<Duration>,
    /// `RTAX_FEATURE_…`.
    pub features: u32,
    /// Acknowledgements are not delayed (`RTAX_QUICKACK`).
    pub has_quick_ack: bool,
    /// TCP Fast Open does without a cookie (`RTAX_FASTOPEN_NO_COOKIE`).
    pub has_fast_open_without_cookie: bool,
    /// Name of the congestion control algorithm (`RTAX_CC_ALGO`).
    pub congestion_control: Option<String>,
    /// What stays as it is here: the kernel learns no other value, and programs set no other algorithm.
    pub locked: MetricSet,
}

/// A metric, by the number of its `RTAX_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum Metric {
    /// [`Route::mtu`](super::Route::mtu).
    Mtu = uapi::RTAX_MTU,
    /// [`Metrics::window`].
    Window = uapi::RTAX_WINDOW,
    /// [`Metrics::rtt`].
    Rtt = uapi::RTAX_RTT,
    /// [`Metrics::rtt_variance`].
    RttVariance = uapi::RTAX_RTTVAR,
    /// [`Metrics::slow_start_threshold`].
    SlowStartThreshold = uapi::RTAX_SSTHRESH,
    /// [`Metrics::congestion_window`].
    CongestionWindow = uapi::RTAX_CWND,
    /// [`Metrics::advertised_mss`].
    AdvertisedMss = uapi::RTAX_ADVMSS,
    /// [`Metrics::reordering`].
    Reordering = uapi::RTAX_REORDERING,
    /// [`Metrics::hop_limit`].
    HopLimit = uapi::RTAX_HOPLIMIT,
    /// [`Metrics::initial_congestion_window`].
    InitialCongestionWindow = uapi::RTAX_INITCWND,
    /// [`Metrics::features`].
    Features = uapi::RTAX_FEATURES,
    /// [`Metrics::retransmission_timeout_min`].
    RetransmissionTimeoutMin = uapi::RTAX_RTO_MIN,
    /// [`Metrics::initial_receive_window`].
    InitialReceiveWindow = uapi::RTAX_INITRWND,
    /// [`Metrics::has_quick_ack`].
    QuickAck = uapi::RTAX_QUICKACK,
    /// [`Metrics::congestion_control`].
    CongestionControl = uapi::RTAX_CC_ALGO,
    /// [`Metrics::has_fast_open_without_cookie`].
    FastOpenWithoutCookie = uapi::RTAX_FASTOPEN_NO_COOKIE,
}

/// Any number of metrics, a bit for each as in `RTAX_LOCK`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricSet(u32);

impl MetricSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// These and that one.
    #[must_use]
    pub const fn with(self, metric: Metric) -> Self {
        Self(self.0 | Self::bit(metric))
    }

    /// Whether it is among them.
    pub const fn contains(self, metric: Metric) -> bool {
        self.0 & Self::bit(metric) != 0
    }

    const fn bit(metric: Metric) -> u32 {
        1u32 << (metric as u32)
    }
}

impl Metrics {
    /// Explicit congestion notification is used (`RTAX_FEATURE_ECN`), for [`features`](Self::features).
    pub const ECN: u32 = 1;

    pub(super) fn write(&self, mtu: Option<u32>, request: &mut Request<'_>) {
        let mut locked = self.locked;
        if self.retransmission_timeout_min.is_some() {
            locked = locked.with(Metric::RetransmissionTimeoutMin);
        }
        let some = |value: u32| Some(value).filter(|value| *value != 0);
        let in_units = |time: Option<Duration>, unit: Duration| time.map(|time| count(time, unit));
        let timeout = in_units(self.retransmission_timeout_min, TIMEOUT_UNIT);
        let numbers = [
            (uapi::RTAX_LOCK, some(locked.0)),
            (uapi::RTAX_MTU, mtu),
            (uapi::RTAX_WINDOW, self.window),
            (uapi::RTAX_RTT, in_units(self.rtt, RTT_UNIT)),
            (uapi::RTAX_RTTVAR, in_units(self.rtt_variance, RTT_VARIANCE_UNIT)),
            (uapi::RTAX_SSTHRESH, self.slow_start_threshold),
            (uapi::RTAX_CWND, self.congestion_window),
            (uapi::RTAX_ADVMSS, self.advertised_mss),
            (uapi::RTAX_REORDERING, self.reordering),
            (uapi::RTAX_HOPLIMIT, self.hop_limit),
            (uapi::RTAX_INITCWND, self.initial_congestion_window),
            (uapi::RTAX_FEATURES, some(self.features)),
            (uapi::RTAX_RTO_MIN, timeout),
            (uapi::RTAX_INITRWND, self.initial_receive_window),
            (uapi::RTAX_QUICKACK, some(self.has_quick_ack.into())),
            (uapi::RTAX_FASTOPEN_NO_COOKIE, some(self.has_fast_open_without_cookie.into())),
        ];
        let has_numbers = numbers.iter().any(|(_, value)| value.is_some());
        if !has_numbers && self.congestion_control.is_none() {
            return;
        }
        request.nested(uapi::RTA_METRICS, |metrics| {
            for (kind, value) in numbers {
                write_number(metrics, kind, value);
            }
            if let Some(name) = &self.congestion_control {
                write_text(metrics, uapi::RTAX_CC_ALGO, name);
            }
        });
    }

    /// The metrics and the MTU in the value of `RTA_METRICS`.
    pub(super) fn read(octets: &[u8]) -> (Self, Option<u32>) {
        let (mut metrics, mut mtu) = (Self::default(), None);
        for (kind, value) in Attributes::new(octets) {
            if kind == uapi::RTAX_CC_ALGO {
                metrics.congestion_control = Some(text(value));
                continue;
            }
            let value = number(value);
            let of_units = |unit: Duration| value.map(|count| unit * count);
            match kind {
                uapi::RTAX_LOCK => metrics.locked = MetricSet(value.unwrap_or(0)),
                uapi::RTAX_MTU => mtu = value,
                uapi::RTAX_WINDOW => metrics.window = value,
                uapi::RTAX_RTT => metrics.rtt = of_units(RTT_UNIT),
                uapi::RTAX_RTTVAR => metrics.rtt_variance = of_units(RTT_VARIANCE_UNIT),
                uapi::RTAX_SSTHRESH => metrics.slow_start_threshold = value,
                uapi::RTAX_CWND => metrics.congestion_window = value,
                uapi::RTAX_ADVMSS => metrics.advertised_mss = value,
                uapi::RTAX_REORDERING => metrics.reordering = value,
                uapi::RTAX_HOPLIMIT => metrics.hop_limit = value,
                uapi::RTAX_INITCWND => metrics.initial_congestion_window = value,
                uapi::RTAX_FEATURES => metrics.features = value.unwrap_or(0),
                uapi::RTAX_RTO_MIN => metrics.retransmission_timeout_min = of_units(TIMEOUT_UNIT),
                uapi::RTAX_INITRWND => metrics.initial_receive_window = value,
                uapi::RTAX_QUICKACK => metrics.has_quick_ack = value.is_some_and(|v| v != 0),
                uapi::RTAX_FASTOPEN_NO_COOKIE => {
                    metrics.has_fast_open_without_cookie = value.is_some_and(|v| v != 0);
                }
                _ => {}
            }
        }
        (metrics, mtu)
    }
}

/// How many whole units there are in the time.
fn count(time: Duration, unit: Duration) -> u32 {
    u32::try_from(time.as_nanos() / unit.as_nanos()).unwrap_or(u32::MAX)
}
