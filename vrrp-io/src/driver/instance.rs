//! What belongs to one router besides its state machine.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::{Duration, SystemTime};

use netlink_addr::{Route, Rule};
use vrrp_fsm::proto::{Authentication, Priority};
use vrrp_fsm::{Fault, State, Stats, Timestamp, Tracking};

use super::address_set::AddressSet;
use super::carrier::Carrier;
use super::claim::Claim;
use super::proof::Proof;
use super::{Driver, Key, RouterId};
use crate::config::{RouterConfig, Tracked};
use crate::events::Subscribers;

pub(super) struct Instance {
    pub(super) id: RouterId,
    pub(super) config: Arc<RouterConfig>,
    pub(super) state: Arc<AtomicU8>,
    pub(super) subscribers: Subscribers,
    pub(super) proof: Proof,
    /// Identification of the next IPv4 packet.
    pub(super) identification: u16,
    /// What was put on interfaces and has to be taken off again.
    pub(super) installed: AddressSet,
    /// What was put into routing tables and has to be taken out again.
    pub(super) installed_routes: Vec<Route>,
    /// Rules that have to be removed again.
    pub(super) installed_rules: Vec<Rule>,
    /// The priority without tracking.
    pub(super) base: Priority,
    pub(super) tracking: Tracking<Tracked>,
    /// What the application says of itself.
    pub(super) is_fit: bool,
    /// Whether the state machine was started: what it cannot run without has to be known before.
    pub(super) is_started: bool,
    /// Interfaces of its own, which its addresses are put on.
    pub(super) carriers: Vec<Carrier>,
    /// When its addresses are announced on other interfaces the next time.
    pub(super) reminder: Option<Timestamp>,
    /// Ends with the router.
    pub(super) claim: Claim,
}

impl Instance {
    pub(super) fn new(
        id: RouterId,
        config: Arc<RouterConfig>,
        state: Arc<AtomicU8>,
        carriers: Vec<Carrier>,
        claim: Claim,
    ) -> Self {
        Self {
            id,
            state,
            subscribers: Subscribers::default(),
            proof: Proof::new(&config),
            identification: 0,
            installed: AddressSet::default(),
            installed_routes: Vec::new(),
            installed_rules: Vec::new(),
            base: config.router.priority(),
            tracking: Tracking::new(config.tracked.iter().cloned()),
            is_fit: true,
            is_started: false,
            carriers,
            reminder: None,
            claim,
            config,
        }
    }
}

impl RouterConfig {
    pub(super) fn uses_ah(&self) -> bool {
        matches!(self.authentication, Authentication::AuthenticationHeader(_))
    }
}

/// An AH sequence number above all that an earlier process of this machine has used, and above those
/// that another router counted up from them meanwhile, if the clock is right: four a second since
/// September 2020, where VRRPv2 uses about one. Lasts until 2054.
pub(super) fn initial_sequence() -> u32 {
    const EPOCH: Duration = Duration::from_secs(1_600_000_000);
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(EPOCH).saturating_sub(EPOCH);
    u32::try_from(since.as_millis() / 250).unwrap_or(u32::MAX / 2)
}

/// A router at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Its state.
    pub state: State,
    /// The priority that it advertises.
    pub priority: Priority,
    /// The interface that was made for it, by its name.
    pub virtual_interface: Option<String>,
    /// The address that it sends from.
    pub primary_address: Option<IpAddr>,
    /// What it misses.
    pub faults: Vec<Fault>,
    /// What it learned of the Active router's advertisement interval, or its own.
    pub active_interval: Duration,
    /// The priority in the last advertisement that was accepted.
    pub active_priority: Option<Priority>,
    /// For how long it has been in its state.
    pub since_transition: Option<Duration>,
    /// Its counters.
    pub stats: Stats,
}

impl Driver {
    pub(super) fn status(&self, key: &Key) -> Option<Status> {
        let router = self.routers.get(key)?;
        let stats = *router.stats();
        let since = stats.last_transition.map(|at| self.now().saturating_since(at));
        let instance = self.instances.get(key)?;
        let own = instance.carriers.iter().find(|carrier| carrier.base == key.interface);
        Some(Status {
            virtual_interface: own.map(|own| self.interfaces[own.place].name.clone()),
            state: router.state(),
            priority: router.priority(),
            primary_address: router.primary_address(),
            faults: router.faults().collect(),
            active_interval: router.active_interval(),
            active_priority: router.active_priority(),
            since_transition: since,
            stats,
        })
    }
}
