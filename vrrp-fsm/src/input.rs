//! What happens to a router.

use core::net::IpAddr;

use vrrp_proto::{Advertisement, ErrorKind, Priority};

use crate::action::Action;
use crate::event::Fault;

/// Something that a driver tells a router.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// Start (RFC 9568 section 6.4.1).
    Startup,
    /// Stop. An Active router hands over with priority 0.
    Shutdown,
    /// The address that advertisements are sent from; it decides between equal priorities. Without
    /// one the router is in [`Fault`](Fault::NoPrimaryAddress).
    PrimaryAddress(Option<IpAddr>),
    /// A packet that was decoded, verified and, where configured, authenticated.
    Advertisement {
        /// Who sent it.
        source: IpAddr,
        /// What it says.
        advertisement: &'a Advertisement<'a>,
    },
    /// A packet with this router's VRID that a check refused. It is counted and touches nothing else.
    Rejected(ErrorKind),
    /// Run with this priority from now on: tracking, health checks. 0 counts as 1 and 255 as 254, and
    /// the owner of the addresses stays what it is.
    SetPriority(Priority),
    /// Something that the router needs is missing.
    Fault(Fault),
    /// It is back.
    Recovered(Fault),
    /// Someone else has taken the virtual addresses off the interface.
    AddressesLost,
    /// The driver could not perform this action.
    Failed(Action),
    /// The deadline was reached. Early, late and repeated calls are harmless.
    Wake,
}
