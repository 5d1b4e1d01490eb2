//! What belongs to one router besides its state machine.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::{Duration, SystemTime};

use netlink_addr::{Address, AddressFlags, Lifetime};
use vrrp_fsm::proto::{Authentication, Priority, Signer, Verifier};
use vrrp_fsm::{Fault, State, Stats};

use super::claim::Claim;
use super::origin::ORIGIN;
use super::{Driver, Key, RouterId};
use crate::config::{RouterConfig, VirtualAddress};
use crate::events::Subscribers;

pub(super) struct Instance {
    pub(super) id: RouterId,
    pub(super) config: RouterConfig,
    pub(super) state: Arc<AtomicU8>,
    pub(super) subscribers: Subscribers,
    pub(super) signer: Signer,
    pub(super) verifier: Verifier,
    /// Identification of the next IPv4 packet.
    pub(super) identification: u16,
    /// What was put on the interface and has to be taken off again.
    pub(super) installed: Vec<Address>,
    /// Ends with the router.
    pub(super) claim: Claim,
}

impl Instance {
    pub(super) fn new(
        id: RouterId,
        config: RouterConfig,
        state: Arc<AtomicU8>,
        claim: Claim,
    ) -> Self {
        let authentication = config.authentication.clone();
        Self {
            id,
            state,
            subscribers: Subscribers::default(),
            signer: Signer::new(authentication.clone(), initial_sequence()),
            verifier: Verifier::new(authentication),
            identification: 0,
            installed: Vec::new(),
            claim,
            config,
        }
    }

    /// Counts from 1 and leaves out 0, which the kernel would replace.
    pub(super) fn next_identification(&mut self) -> u16 {
        self.identification = self.identification.checked_add(1).unwrap_or(1);
        self.identification
    }
}

impl RouterConfig {
    pub(super) fn uses_ah(&self) -> bool {
        matches!(self.authentication, Authentication::AuthenticationHeader(_))
    }

    /// The addresses as they are put on the interface with this index.
    pub(super) fn interface_addresses(&self, interface: u32) -> Vec<Address> {
        self.addresses.iter().filter_map(|address| interface_address(interface, address)).collect()
    }
}

fn interface_address(interface: u32, virtual_address: &VirtualAddress) -> Option<Address> {
    let address =
        Address::new(interface, virtual_address.address(), virtual_address.prefix_length()).ok()?;
    let address = address.protocol(ORIGIN);
    Some(match virtual_address.address() {
        IpAddr::V4(_) => address,
        // Duplicate address detection would find the router that is handing over. An address
        // without a network is not to become the source of this machine's own connections.
        IpAddr::V6(_) if virtual_address.is_host() => address
            .flags(AddressFlags::NODAD)
            .lifetimes(Lifetime::Forever, Lifetime::For(Duration::ZERO)),
        IpAddr::V6(_) => address.flags(AddressFlags::NODAD),
    })
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
    /// The address that it sends from.
    pub primary_address: Option<IpAddr>,
    /// What it misses.
    pub faults: Vec<Fault>,
    /// Its counters.
    pub stats: Stats,
}

impl Driver {
    pub(super) fn status(&self, key: &Key) -> Option<Status> {
        let router = self.routers.get(key)?;
        Some(Status {
            state: router.state(),
            priority: router.priority(),
            primary_address: router.primary_address(),
            faults: router.faults().collect(),
            stats: *router.stats(),
        })
    }
}
