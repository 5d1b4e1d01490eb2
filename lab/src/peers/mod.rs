//! Real peers: keepalived, and FRR's vrrpd and bfdd, as processes on a host of the LAN.

mod bfdd;
mod daemon;
mod frr;
mod keepalived;
mod process;

use std::io;

use crate::namespaces::Host;
use crate::node::NodeConfig;

pub use bfdd::Bfdd;
pub use daemon::Daemon;
use frr::Frr;
use keepalived::Keepalived;
pub use process::find_program;

/// Which implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Implementation {
    /// keepalived.
    Keepalived,
    /// FRR's zebra and vrrpd; VRRPv3 here, and no authentication.
    Frr,
}

/// A virtual router that is not ours. Dropping it kills its processes.
#[derive(Debug)]
pub struct Peer(Kind);

#[derive(Debug)]
enum Kind {
    Keepalived(Keepalived),
    Frr(Frr),
}

impl Peer {
    /// Prepares a peer; [`start`](Self::start) starts it.
    ///
    /// # Errors
    /// When the programs are not installed.
    pub fn new(implementation: Implementation, config: &NodeConfig) -> io::Result<Self> {
        Ok(Self(match implementation {
            Implementation::Keepalived => Kind::Keepalived(Keepalived::new(config)?),
            Implementation::Frr => Kind::Frr(Frr::new(std::slice::from_ref(config))?),
        }))
    }

    /// One FRR with several routers, each of a VRID of its own.
    ///
    /// # Errors
    /// When the programs are not installed.
    pub fn frr(configs: &[NodeConfig]) -> io::Result<Self> {
        Ok(Self(Kind::Frr(Frr::new(configs)?)))
    }

    /// Starts it, or starts it again.
    ///
    /// # Errors
    /// When a process cannot be started.
    pub fn start(&mut self, host: &Host) -> io::Result<()> {
        match &mut self.0 {
            Kind::Keepalived(peer) => peer.start(host),
            Kind::Frr(peer) => peer.start(host),
        }
    }

    /// Ends it at once, and takes away what the crash left on the host, as a boot does.
    ///
    /// # Errors
    /// When it is gone.
    pub fn kill(&mut self, host: &Host) -> io::Result<()> {
        match &mut self.0 {
            Kind::Keepalived(peer) => peer.kill(host),
            Kind::Frr(peer) => peer.kill(host),
        }
    }

    /// Asks it to stop (SIGTERM), without waiting.
    ///
    /// # Errors
    /// When it is gone.
    pub fn terminate(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Keepalived(peer) => peer.terminate(),
            Kind::Frr(peer) => peer.terminate(),
        }
    }

    /// Its main process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        match &self.0 {
            Kind::Keepalived(peer) => peer.process_id(),
            Kind::Frr(peer) => peer.process_id(),
        }
    }

    /// The link-layer address that neighbours are to send to while it is Active: FRR has a virtual MAC.
    pub fn mac(&self, host: &Host) -> [u8; 6] {
        match &self.0 {
            Kind::Keepalived(_) => host.mac(),
            Kind::Frr(peer) => peer.mac(),
        }
    }
}
