//! What can go wrong when a router is started.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use netlink_addr::{AddressError, AnnounceError, LinkError};
use netlink_nft::FirewallError;
use vrrp_fsm::proto::Vrid;

/// The thread that runs the routers could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No netlink socket.
    #[error("watch the interfaces")]
    Netlink(#[from] netlink_addr::Error),
    /// No socket for announcements; it says so when that is for want of `CAP_NET_RAW`.
    #[error(transparent)]
    Announce(#[from] AnnounceError),
    /// No epoll, timer or thread.
    #[error("{action}")]
    System {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// A router could not be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// There is no such interface. Once a router runs, its interface may go and return.
    #[error("there is no interface {interface}")]
    NoInterface {
        /// The name that was asked for.
        interface: String,
    },
    /// The VRID is taken on this interface, for this address family, by this process or another one.
    #[error("VRID {vrid} is in use on {interface}, allowed is one that is not")]
    VridInUse {
        /// The interface.
        interface: String,
        /// The VRID.
        vrid: Vrid,
    },
    /// The address is on the interface already, and it was not VRRP that put it there; or another
    /// virtual router on the interface has it.
    #[error(
        "{address} is in use on {interface}; remove it there, or give the router priority 255 if the address is its own"
    )]
    AddressInUse {
        /// The interface.
        interface: String,
        /// The address as it is there.
        address: IpAddr,
    },
    /// An interface with the name of the one that was to be made is there, and it is not a leftover of ours.
    #[error("{interface} exists and is not ours, allowed is the name of no other interface")]
    InterfaceExists {
        /// The name.
        interface: String,
    },
    /// The interface of a router could not be made; it says so when that is for want of `CAP_NET_ADMIN`.
    #[error("make an interface")]
    VirtualInterface(#[from] LinkError),
    /// The addresses of a router that does not accept packets to them could not be blocked.
    #[error("block the virtual addresses")]
    Firewall(#[from] Arc<FirewallError>),
    /// The process may not open raw sockets.
    #[error("VRRP needs raw sockets, and these need the capability CAP_NET_RAW")]
    Permission(#[source] io::Error),
    /// A socket could not be opened or set up.
    #[error("VRRP socket on {interface}: {action}")]
    Socket {
        /// The interface.
        interface: String,
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Addresses left by an earlier process could not be removed; it says so when that is for want of
    /// `CAP_NET_ADMIN`.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The kernel could not be asked for addresses.
    #[error("look for virtual addresses")]
    Netlink(#[from] netlink_addr::Error),
    /// The thread is gone.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// A router could not be reconfigured; it runs on as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconfigureError {
    /// Interface, family and VRID cannot change.
    #[error("interface, family and VRID of a virtual router cannot change while it runs")]
    NotSameRouter,
    /// A socket that the new configuration needs could not be opened, or an address is taken.
    #[error(transparent)]
    Refused(Box<AddError>),
    /// The router was stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// The router, or the thread that runs all routers, has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the virtual router was stopped")]
#[expect(clippy::exhaustive_structs, reason = "says all there is")]
pub struct Stopped;

/// An error with all its causes, for a log line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
