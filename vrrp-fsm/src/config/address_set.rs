use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use vrrp_proto::{AddressList, Addressing};

use super::ConfigError;

/// Up to 255 different unicast addresses: in wire order to send, sorted to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddressSet<A> {
    listed: Box<[A]>,
    sorted: Box<[A]>,
}

impl<A: Addressing> AddressSet<A> {
    pub(crate) fn new(addresses: Vec<A>) -> Result<Self, ConfigError> {
        AddressList::new(&addresses)?;
        for address in &addresses {
            let ip: IpAddr = (*address).into();
            let is_broadcast = ip == IpAddr::V4(Ipv4Addr::BROADCAST);
            if ip.is_unspecified() || ip.is_multicast() || ip.is_loopback() || is_broadcast {
                return Err(ConfigError::NotUnicast(ip));
            }
        }
        let mut sorted = addresses.clone();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ConfigError::Duplicate(pair[0].into()));
        }
        Ok(Self { listed: addresses.into(), sorted: sorted.into() })
    }

    /// Of a router that only elects.
    pub(crate) fn none() -> Self {
        Self { listed: Box::default(), sorted: Box::default() }
    }

    pub(crate) fn list(&self) -> AddressList<'_, A> {
        if self.listed.is_empty() {
            return AddressList::NONE;
        }
        AddressList::new(&self.listed).expect("the count was checked when the set was made")
    }

    /// Whether `received` has just these addresses. O(n log n), so that a flood of long lists in
    /// another order costs little; no allocation.
    #[inline]
    pub(crate) fn holds_exactly(&self, received: AddressList<'_, A>) -> bool {
        if received.len() != self.listed.len() {
            return false;
        }
        received.iter().eq(self.listed.iter().copied()) || self.holds_in_any_order(received)
    }

    #[cold]
    fn holds_in_any_order(&self, received: AddressList<'_, A>) -> bool {
        let mut seen = [0u64; 4];
        received.iter().all(|address| {
            let Ok(place) = self.sorted.binary_search(&address) else { return false };
            let (word, bit) = (place / 64, 1 << (place % 64));
            let is_new = seen[word] & bit == 0;
            seen[word] |= bit;
            is_new
        })
    }
}
