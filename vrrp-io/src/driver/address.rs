//! A virtual address as it is put on an interface.

use std::time::Duration;

use netlink_addr::{Address, AddressFlags, Lifetime};

use super::origin::ORIGIN;
use crate::config::VirtualAddress;

pub(super) fn interface_address(
    interface: u32,
    virtual_address: &VirtualAddress,
) -> Option<Address> {
    let address =
        Address::new(interface, virtual_address.address(), virtual_address.prefix_length()).ok()?;
    let mut address = address.protocol(ORIGIN);
    if virtual_address.address().is_ipv6() {
        // Duplicate address detection would find the router that is handing over.
        address = address.flags(AddressFlags::NODAD);
        if virtual_address.is_host() {
            // An address without a network is not to become the source of this machine's own
            // connections.
            address = address.lifetimes(Lifetime::Forever, Lifetime::For(Duration::ZERO));
        }
    }
    let Some(details) = virtual_address.details.as_deref() else { return Some(address) };
    address.scope = details.scope.unwrap_or(address.scope);
    address.broadcast = details.broadcast;
    address.label.clone_from(&details.label);
    address.peer = details.peer;
    address.flags = details.flags.unwrap_or(address.flags);
    if let Some(preferred) = details.preferred {
        address = address.lifetimes(Lifetime::Forever, preferred);
    }
    Some(address)
}
