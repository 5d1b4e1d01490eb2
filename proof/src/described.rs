//! A router as it is meant to be.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use vrrp_fsm::proto::{Authentication, Centiseconds, Interval, Priority, Seconds, Vrid};
use vrrp_fsm::{Config, GroupId, Weight};

/// Names a router on its machine: LAN, IPv6 or not, VRID.
pub type Key = (u8, bool, u8);

/// To whom packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "plain data of a test")]
pub enum Delivery {
    /// To the group.
    Multicast,
    /// To each other router of the election. Hops in between take from the hop limit, but leave this much.
    Unicast {
        /// What is demanded of a packet.
        least_hop_limit: u8,
    },
}

/// What a router is run with.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data of a test")]
pub struct Configured {
    /// What its state machine is told.
    pub config: Config,
    /// Its sync group on its machine.
    pub group: Option<GroupId>,
    /// Of each tracked item.
    pub weights: Vec<Weight>,
    /// How its packets are proved, and those of others.
    pub authentication: Authentication,
}

/// A router as it is meant to be. The properties are about this, whatever the router itself was made of.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of a test")]
pub struct Described {
    /// The machine that it runs on.
    pub machine: usize,
    /// LAN, family and VRID.
    pub key: Key,
    /// Which election it takes part in: all with the same key and version do.
    pub election: usize,
    /// Its sync group on its machine.
    pub group: Option<GroupId>,
    /// Where it sends from.
    pub address: IpAddr,
    /// To whom.
    pub delivery: Delivery,
    /// How all of its election prove their packets.
    pub authentication: Authentication,
    /// `Advertisement_Interval`, and with it the version.
    pub interval: Interval,
    /// The configured priority.
    pub priority: Priority,
    /// `Preempt_Mode`.
    pub preempt: bool,
    /// For how long a lower priority is accepted.
    pub preempt_delay: Duration,
    /// For how long it is deaf and mute after its start.
    pub startup_delay: Duration,
    /// What each tracked item adds while it is up, or takes while it is down; 0 makes it a need.
    pub weights: Vec<i16>,
}

const VIRTUAL_IPV4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 0);
const VIRTUAL_IPV6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, 0);

impl Described {
    /// What it is run with, when nobody else has said.
    ///
    /// # Panics
    /// When it is described with values that no router can have.
    pub fn configured(&self) -> Configured {
        let weights = self.weights.iter().map(|weight| Weight::new(*weight).expect("-254 to 254"));
        Configured {
            config: self.config(),
            group: self.group,
            weights: weights.collect(),
            authentication: self.authentication.clone(),
        }
    }

    /// The others of its election.
    pub fn peers<'a>(&self, all: &'a [Self]) -> impl Iterator<Item = &'a Self> + use<'a> {
        let (election, machine) = (self.election, self.machine);
        all.iter().filter(move |other| other.election == election && other.machine != machine)
    }

    /// What its state machine is told.
    ///
    /// # Panics
    /// When it is described with values that no router can have.
    pub fn config(&self) -> Config {
        let (_, is_ipv6, number) = self.key;
        let vrid = Vrid::new(number).expect("a key has a VRID");
        let config = match (self.interval, is_ipv6) {
            (Interval::V2(interval), _) => {
                Config::v2(vrid, self.priority, interval, [self.virtual_ipv4()])
            }
            (Interval::V3(interval), false) => {
                Config::v3_ipv4(vrid, self.priority, interval, [self.virtual_ipv4()])
            }
            (Interval::V3(interval), true) => {
                Config::v3_ipv6(vrid, self.priority, interval, [self.virtual_ipv6()])
            }
        };
        config
            .expect("priority and addresses are possible")
            .preempt(self.preempt)
            .preempt_delay(self.preempt_delay)
            .startup_delay(self.startup_delay)
    }

    /// The virtual address.
    pub fn virtual_address(&self) -> IpAddr {
        if self.key.1 { self.virtual_ipv6().into() } else { self.virtual_ipv4().into() }
    }

    pub(crate) fn virtual_ipv4(&self) -> Ipv4Addr {
        VIRTUAL_IPV4 | Ipv4Addr::from(u32::from(self.key.2))
    }

    fn virtual_ipv6(&self) -> Ipv6Addr {
        VIRTUAL_IPV6 | Ipv6Addr::from(u128::from(self.key.2))
    }

    /// `Advertisement_Interval`.
    pub fn interval(&self) -> Duration {
        length(self.interval)
    }

    /// `Skew_Time` (RFC 9568 section 6.1; RFC 3768 section 6.1).
    pub fn skew(&self, active_interval: Duration, priority: u8) -> Duration {
        let unit = match self.interval {
            Interval::V2(_) => Duration::from_secs(1),
            Interval::V3(_) => active_interval,
        };
        unit * (256 - u32::from(priority)) / 256
    }

    /// `Active_Down_Interval`.
    pub fn down(&self, active_interval: Duration, priority: u8) -> Duration {
        3 * active_interval + self.skew(active_interval, priority)
    }

    /// What tracking makes of the priority, and whether the router can run.
    pub fn tracked(&self, is_up: &[bool]) -> (u8, bool) {
        let mut priority = i32::from(self.priority.get());
        let mut is_fit = true;
        for (weight, is_up) in self.weights.iter().zip(is_up) {
            match (weight, is_up) {
                (0, false) => is_fit = false,
                (1.., true) | (..0, false) => priority += i32::from(*weight),
                _ => {}
            }
        }
        let priority = if self.priority.is_owner() { 255 } else { priority.clamp(1, 254) };
        (u8::try_from(priority).expect("it was clamped"), is_fit)
    }
}

/// Seconds of VRRPv2.
///
/// # Panics
/// For 0.
pub fn seconds(seconds: u8) -> Interval {
    Interval::V2(Seconds::new(seconds).expect("1 to 255"))
}

/// Centiseconds of VRRPv3.
///
/// # Panics
/// For 0, and beyond 4095.
pub fn centiseconds(centiseconds: u16) -> Interval {
    Interval::V3(Centiseconds::new(centiseconds).expect("1 to 4095"))
}

/// How long an interval is.
pub(crate) fn length(interval: Interval) -> Duration {
    match interval {
        Interval::V2(seconds) => Duration::from_secs(seconds.get().into()),
        Interval::V3(centiseconds) => Duration::from_millis(u64::from(centiseconds.get()) * 10),
    }
}
