use std::io;
use std::net::IpAddr;

/// The thread cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The system refused.
    #[error("cannot {action}")]
    System {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// Sessions were not taken; those before go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// Two sessions that packets cannot be told apart for.
    #[error("there are two sessions with {peer}, allowed is one for each number of hops")]
    Twice {
        /// The peer.
        peer: IpAddr,
    },
    /// Of another family.
    #[error("source is {address}, allowed is the family of the peer {peer}")]
    OtherFamily {
        /// The source.
        address: IpAddr,
        /// The peer.
        peer: IpAddr,
    },
    /// A port that is another program's.
    #[error("cannot receive on UDP port {port} of {}", if *.is_ipv6 { "IPv6" } else { "IPv4" })]
    Receive {
        /// Of which family.
        is_ipv6: bool,
        /// The port.
        port: u16,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The thread is gone.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// The thread is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the BFD thread has ended")]
#[expect(clippy::exhaustive_structs, reason = "says all there is")]
pub struct Stopped;
