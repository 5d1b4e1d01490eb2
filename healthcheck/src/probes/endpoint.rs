//! Where a probe goes, and from where.

use alloc::string::String;
use core::future::Future;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::io;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;

use super::error::ProbeError;

/// Where a probe goes, from where, and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    target: SocketAddr,
    source: Option<SocketAddr>,
    interface: Option<String>,
    mark: Option<u32>,
    timeout: Duration,
}

impl Endpoint {
    /// To this address, waiting 5 s for each step.
    pub const fn new(target: SocketAddr) -> Self {
        let timeout = Duration::from_secs(5);
        Self { target, source: None, interface: None, mark: None, timeout }
    }

    /// From this address.
    #[must_use]
    pub fn source_address(mut self, address: IpAddr) -> Self {
        let port = self.source.map_or(0, |source| source.port());
        self.source = Some(SocketAddr::new(address, port));
        self
    }

    /// From this port. Two probes from one port to one address are one too many: the second is not run.
    #[must_use]
    pub fn source_port(mut self, port: u16) -> Self {
        let any = match self.target {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let address = self.source.map_or(any, |source| source.ip());
        self.source = Some(SocketAddr::new(address, port));
        self
    }

    /// Through this interface (`SO_BINDTODEVICE`).
    #[must_use]
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.interface = Some(name.into());
        self
    }

    /// With this mark (`SO_MARK`), which needs `CAP_NET_ADMIN`.
    #[must_use]
    pub fn mark(mut self, mark: u32) -> Self {
        self.mark = Some(mark);
        self
    }

    /// Waiting so long: for the connection, and for each answer.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Where it goes.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// Waits for a step of a probe of your own, as long as is to be waited.
    ///
    /// # Errors
    /// [`ProbeError::Timeout`].
    pub async fn limited<T>(
        &self,
        action: &'static str,
        step: impl Future<Output = T>,
    ) -> Result<T, ProbeError> {
        let limit = self.timeout;
        timeout(limit, step).await.map_err(|_| ProbeError::Timeout { action, limit })
    }

    /// Limits a whole conversation to three times what one step may take: a server that says a little at a time is
    /// cut off.
    pub(super) async fn limited_in_all<T>(
        &self,
        action: &'static str,
        steps: impl Future<Output = Result<T, ProbeError>>,
    ) -> Result<T, ProbeError> {
        let limit = self.timeout.saturating_mul(3);
        timeout(limit, steps).await.unwrap_or(Err(ProbeError::Timeout { action, limit }))
    }

    /// A socket with all settings.
    pub(super) fn socket(&self, kind: Type, protocol: Protocol) -> Result<Socket, ProbeError> {
        let ours = |action| move |source| ProbeError::Ours { action, source };
        let socket =
            Socket::new(Domain::for_address(self.target), kind.nonblocking(), Some(protocol))
                .map_err(ours("opening a socket"))?;
        if let Some(interface) = &self.interface {
            socket
                .bind_device(Some(interface.as_bytes()))
                .map_err(ours("binding to an interface"))?;
        }
        if let Some(mark) = self.mark {
            socket.set_mark(mark).map_err(ours("marking a socket"))?;
        }
        if let Some(source) = self.source {
            socket.bind(&source.into()).map_err(ours("binding to an address"))?;
        }
        Ok(socket)
    }

    /// Connects: where a probe of your own begins.
    ///
    /// # Errors
    /// [`ProbeError::Connect`], [`ProbeError::Timeout`], or [`ProbeError::Ours`] when it could not be tried.
    pub async fn connect(&self) -> Result<TcpStream, ProbeError> {
        let socket = self.socket(Type::STREAM, Protocol::TCP)?;
        let socket = TcpSocket::from_std_stream(socket.into());
        let connected = self.limited("connecting", socket.connect(self.target)).await?;
        connected.map_err(ProbeError::connecting)
    }

    /// A socket for datagrams to the target and from it.
    pub(super) fn datagrams(&self, protocol: Protocol) -> Result<UdpSocket, ProbeError> {
        let socket = self.socket(Type::DGRAM, protocol)?;
        // To connect it sends nothing: there is no route, or no port is left.
        socket.connect(&self.target.into()).map_err(ProbeError::connecting)?;
        let registered: io::Result<UdpSocket> = UdpSocket::from_std(socket.into());
        registered.map_err(|source| ProbeError::Ours { action: "watching a socket", source })
    }
}
