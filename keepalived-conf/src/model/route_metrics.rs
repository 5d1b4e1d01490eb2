//! What a route tells TCP of its path.

use std::time::Duration;

use super::problem::Problem;
use super::route_words::Words;
use crate::diagnostic::{Diagnostics, Span};

/// `RTAX_…` of `include/uapi/linux/rtnetlink.h`, but for `mtu`, which is in the route itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteMetrics {
    /// The words that have `lock` before their value, `mtu` among them.
    pub locked: Vec<&'static str>,
    /// `hoplimit`.
    pub hoplimit: Option<u8>,
    /// `advmss`.
    pub advmss: Option<u32>,
    /// `rtt`, which the kernel counts in eighths of a millisecond.
    pub rtt: Option<Duration>,
    /// `rttvar`, which the kernel counts in quarters of a millisecond.
    pub rttvar: Option<Duration>,
    /// `rto_min`, which the kernel counts in milliseconds.
    pub rto_min: Option<Duration>,
    /// `reordering`.
    pub reordering: Option<u32>,
    /// `window`.
    pub window: Option<u32>,
    /// `cwnd`.
    pub cwnd: Option<u32>,
    /// `ssthresh`.
    pub ssthresh: Option<u32>,
    /// `initcwnd`.
    pub initcwnd: Option<u32>,
    /// `initrwnd`.
    pub initrwnd: Option<u32>,
    /// `features ecn`.
    pub has_ecn: bool,
    /// `quickack`.
    pub quickack: Option<bool>,
    /// `congctl`: the name of an algorithm.
    pub congctl: Option<String>,
    /// `fastopen_no_cookie`.
    pub fastopen_no_cookie: Option<bool>,
}

/// `RTT_MIN_MS` of keepalived.
const LEAST: Duration = Duration::from_millis(200);
/// `RTT_MAX_MS` of keepalived.
const MOST: Duration = Duration::from_secs(120);

impl RouteMetrics {
    pub(super) fn read(
        words: &Words<'_>,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Problem> {
        let number = |name: &str| words.integer(name).and_then(|number| u32::try_from(number).ok());
        let is_on = |name: &str| words.integer(name).map(|value| value != 0);
        let mut time = |name: &str, microseconds: u64| {
            let Some(word) = words.text(name) else { return Ok(None) };
            let Some(time) = duration(&word, microseconds) else {
                let help = "allowed are 200ms to 120s, or a number in the unit of the kernel";
                return Err(Problem::new(format!("{name} is {word}"), help));
            };
            if !(LEAST..=MOST).contains(&time) {
                let message = format!("{name} is {word}, which is {time:?}");
                let help = "allowed are 200ms to 120s; the nearest is taken";
                diagnostics.error(span, message, help);
            }
            Ok(Some(time.clamp(LEAST, MOST)))
        };
        Ok(Self {
            locked: words.behind("lock"),
            hoplimit: words.integer("hoplimit").and_then(|limit| limit.try_into().ok()),
            advmss: number("advmss"),
            // As in iproute2, a number without a unit is in that of the kernel.
            rtt: time("rtt", 125)?,
            rttvar: time("rttvar", 250)?,
            rto_min: time("rto_min", 1000)?,
            reordering: number("reordering"),
            window: number("window"),
            cwnd: number("cwnd"),
            ssthresh: number("ssthresh"),
            initcwnd: number("initcwnd"),
            initrwnd: number("initrwnd"),
            has_ecn: words.has("features"),
            quickack: is_on("quickack"),
            congctl: words.text("congctl"),
            fastopen_no_cookie: is_on("fastopen_no_cookie"),
        })
    }
}

/// `1.5s`, `250ms`, or a number of units that have so many microseconds.
fn duration(word: &str, microseconds: u64) -> Option<Duration> {
    let length = word.bytes().take_while(|o| o.is_ascii_digit() || *o == b'.').count();
    let (number, unit) = word.split_at(length);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" => microseconds,
        "ms" | "msec" | "msecs" => 1000,
        "s" | "sec" | "secs" => 1_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || fraction.len() > 6 {
        return None;
    }
    let whole: u64 = format!("0{whole}").parse().ok()?;
    let parts: u64 = format!("0{fraction}").parse().ok()?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let micros = whole.checked_mul(unit)?.checked_add(parts * unit / 10u64.pow(digits))?;
    Some(Duration::from_micros(micros))
}
