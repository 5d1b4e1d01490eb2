//! What a router may take: its VRID and its addresses.

use std::io;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use netlink_addr::Address;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect, getsockopt, socket, sockopt,
};
use nix::sys::utsname::uname;
use vrrp_fsm::proto::Vrid;

use super::instance::ORIGIN;
use super::{Driver, Key};
use crate::config::RouterConfig;
use crate::error::AddError;

/// The first Linux that keeps `IFA_PROTO`.
const KEEPS_ORIGIN: (u32, u32) = (5, 18);

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

/// Whether the kernel tells who put an address on an interface.
pub(super) fn keeps_origin() -> bool {
    let release = uname().ok().map(|name| name.release().to_string_lossy().into_owned());
    let release = release.unwrap_or_default();
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit());
    let mut next = || numbers.next()?.parse().ok();
    next().zip(next()).is_some_and(|version: (u32, u32)| version >= KEEPS_ORIGIN)
}

impl Driver {
    /// Checks that the addresses are free, and returns those that a crash left on the interface.
    ///
    /// Where the kernel keeps `IFA_PROTO`, only addresses of VRRP are taken for leftovers; elsewhere
    /// one with the configured prefix length is. The owner may have addresses that others put there.
    pub(super) fn leftovers(
        &mut self,
        key: Key,
        config: &RouterConfig,
    ) -> Result<Vec<Address>, AddError> {
        let refuse =
            |address| Err(AddError::AddressInUse { interface: config.interface.clone(), address });
        let neighbours = self
            .instances
            .iter()
            .filter(|(other, _)| other.interface == key.interface && **other != key);
        for other in neighbours.flat_map(|(_, instance)| &instance.config.addresses) {
            if config.addresses.iter().any(|own| own.address() == other.address()) {
                return refuse(other.address());
            }
        }
        let Some(index) = self.interfaces[key.interface].index() else { return Ok(Vec::new()) };
        let configured = config.interface_addresses(index);
        let own = self.instances.get(&key).map(|instance| instance.installed.as_slice());
        let own = own.unwrap_or_default();
        let mut found = self.table.addresses()?;
        found.retain(|present| {
            present.interface == index
                && configured.iter().any(|address| address.local == present.local)
                && !own.iter().any(|installed| installed.is_same(present))
        });
        let is_leftover = |present: &Address| match self.keeps_origin {
            true => present.protocol == ORIGIN,
            false => configured.iter().any(|address| address.is_same(present)),
        };
        if config.router.priority().is_owner() {
            // What is left of an earlier Active router is adopted: it is added again at once.
            return Ok(Vec::new());
        }
        match found.iter().find(|present| !is_leftover(present)) {
            Some(foreign) => refuse(foreign.local),
            None => Ok(found),
        }
    }

    /// Removes virtual addresses that a crash left behind.
    pub(super) fn clean_up(&mut self, key: Key, config: &RouterConfig) -> Result<(), AddError> {
        let mut unwanted = self.leftovers(key, config)?;
        if let Some(index) = self.interfaces[key.interface].index()
            && !config.router.priority().is_owner()
        {
            // Asked for even when nothing is there: the answer tells at once whether we may.
            unwanted.extend(config.interface_addresses(index));
        }
        for outcome in self.table.remove(&unwanted)? {
            outcome?;
        }
        self.read_addresses(key.interface);
        Ok(())
    }
}
