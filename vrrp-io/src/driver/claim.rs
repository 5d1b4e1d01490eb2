//! A VRID is run by one process.

use std::io;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect, getsockopt, socket, sockopt,
};
use vrrp_fsm::proto::Vrid;

use crate::error::AddError;

/// Keeps other processes of this network namespace from running the same virtual router: two of them
/// on one machine do not hear each other. Abstract socket names are those of the namespace, and are
/// free again when the process ends, however it ends.
pub(super) struct Claim {
    listener: Option<UnixListener>,
}

impl Claim {
    pub(super) fn new(interface: &str, is_ipv6: bool, vrid: Vrid) -> Result<Self, AddError> {
        let family = if is_ipv6 { "ipv6" } else { "ipv4" };
        let name = format!("vrrp-io/{interface}/{family}/{vrid}");
        let listener = SocketAddr::from_abstract_name(&name)
            .and_then(|address| UnixListener::bind_addr(&address))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
        match listener {
            Ok(listener) => Ok(Self { listener: Some(listener) }),
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => Err(AddError::Socket {
                interface: interface.to_owned(),
                action: "claim the VRID",
                source: error,
            }),
            Err(_) if is_peer(&name) => {
                Err(AddError::VridInUse { interface: interface.to_owned(), vrid })
            }
            Err(_) => {
                // Anybody can take a name; who cannot run a router is not to prevent one.
                tracing::warn!(name, "a process that may not run VRRP has taken this name");
                Ok(Self { listener: None })
            }
        }
    }

    /// What tells that somebody asks who holds the name.
    pub(super) fn listener(&self) -> Option<&UnixListener> {
        self.listener.as_ref()
    }

    /// Those who have asked know by now; their places are for the next.
    pub(super) fn turn_away(&self) {
        while self.listener.as_ref().is_some_and(|listener| listener.accept().is_ok()) {}
    }
}

/// Whether the name is held by a process that can run a router. Who does not answer may be one.
fn is_peer(name: &str) -> bool {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let holder = || {
        let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
        connect(socket.as_raw_fd(), &UnixAddr::new_abstract(name.as_bytes())?)?;
        getsockopt(&socket, sockopt::PeerCredentials)
    };
    holder().map_or(true, |holder| may_run_vrrp(holder.pid()).unwrap_or(true))
}

/// Whether a process has `CAP_NET_ADMIN` and `CAP_NET_RAW`; `None` when that is not to be seen.
fn may_run_vrrp(process: i32) -> Option<bool> {
    const NEEDED: u64 = 1 << 12 | 1 << 13;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    let capabilities = u64::from_str_radix(line.trim(), 16).ok()?;
    Some(capabilities & NEEDED == NEEDED)
}
