//! Changes of the table.

use netlink_conn::{Batch, Request};

use crate::daemon::{Daemon, DaemonRole};
use crate::destination::{Destination, DestinationKey, Forwarding, Tunnel, TunnelChecksum};
use crate::error::ChangeError;
use crate::service::{Family, Granularity, Persistence, Service, ServiceKey};
use crate::timeouts::Timeouts;
use crate::uapi::{FAMILY_VERSION, command};
use crate::write;

/// One change of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A service is to be there that is not.
    AddService(Service),
    /// A service that is there gets other settings; its connections stay.
    EditService(Service),
    /// A service goes, with its destinations.
    DeleteService(ServiceKey),
    /// A destination is to be there that is not.
    AddDestination(ServiceKey, Destination),
    /// A destination that is there gets other settings; its connections stay.
    EditDestination(ServiceKey, Destination),
    /// A destination goes.
    DeleteDestination(ServiceKey, DestinationKey),
    /// A sync daemon begins.
    StartDaemon(Daemon),
    /// The sync daemon of this side ends.
    StopDaemon(DaemonRole),
    /// Timeouts become others.
    SetTimeouts(Timeouts),
    /// The counters of a service become zero, or of all.
    Zero(Option<ServiceKey>),
    /// All services go.
    Flush,
}

impl Change {
    /// Appends it as a request, for those who have a connection of their own; `family` is the number that the kernel
    /// gave to the generic netlink family `IPVS`.
    ///
    /// # Errors
    /// [`ChangeError::Granularity`], [`ChangeError::Persistence`] and [`ChangeError::TunnelChecksum`]: what the kernel
    /// would take for something else. Nothing is appended.
    pub fn encode(&self, family: u16, batch: &mut Batch) -> Result<(), ChangeError> {
        self.check()?;
        let mut request = batch.request(family, 0);
        request.fixed(&write::header(self.command(), FAMILY_VERSION));
        self.write(&mut request);
        Ok(())
    }

    fn command(&self) -> u8 {
        match self {
            Self::AddService(_) => command::NEW_SERVICE,
            Self::EditService(_) => command::SET_SERVICE,
            Self::DeleteService(_) => command::DEL_SERVICE,
            Self::AddDestination(..) => command::NEW_DEST,
            Self::EditDestination(..) => command::SET_DEST,
            Self::DeleteDestination(..) => command::DEL_DEST,
            Self::StartDaemon(_) => command::NEW_DAEMON,
            Self::StopDaemon(_) => command::DEL_DAEMON,
            Self::SetTimeouts(_) => command::SET_CONFIG,
            Self::Zero(_) => command::ZERO,
            Self::Flush => command::FLUSH,
        }
    }

    /// What the kernel cannot see to be wrong.
    pub(crate) fn check(&self) -> Result<(), ChangeError> {
        match self {
            Self::AddService(service) | Self::EditService(service) => check_service(service),
            Self::AddDestination(_, destination) | Self::EditDestination(_, destination) => {
                match destination.forwarding {
                    Forwarding::Tunnel(Tunnel::Gre { checksum: TunnelChecksum::Remote }) => {
                        Err(ChangeError::TunnelChecksum)
                    }
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn write(&self, request: &mut Request<'_>) {
        match self {
            Self::AddService(service) | Self::EditService(service) => {
                write::service(request, service);
            }
            Self::DeleteService(key) | Self::Zero(Some(key)) => write::service_key(request, key),
            Self::AddDestination(key, destination) | Self::EditDestination(key, destination) => {
                write::service_key(request, key);
                write::destination(request, destination);
            }
            Self::DeleteDestination(key, destination) => {
                write::service_key(request, key);
                write::destination_key(request, destination);
            }
            Self::StartDaemon(daemon) => write::daemon(request, daemon),
            Self::StopDaemon(role) => write::daemon_to_stop(request, *role),
            Self::SetTimeouts(timeouts) => write::timeouts(request, timeouts),
            Self::Zero(None) | Self::Flush => {}
        }
    }
}

/// The most that `ipvsadm` takes: 31 days. The kernel counts in clock ticks of 32 bits, and from 49 days on that
/// overflows without a word.
pub(crate) const LONGEST_PERSISTENCE: u32 = 31 * 86_400;

fn check_service(service: &Service) -> Result<(), ChangeError> {
    let Some(Persistence { granularity, seconds }) = service.persistence else { return Ok(()) };
    if !(1..=LONGEST_PERSISTENCE).contains(&seconds) {
        return Err(ChangeError::Persistence { seconds });
    }
    match (service.key.family(), granularity) {
        (Family::Ipv4, Granularity::Netmask(_)) | (Family::Ipv6, Granularity::PrefixLength(_)) => {
            Ok(())
        }
        (family, _) => Err(ChangeError::Granularity { granularity, family }),
    }
}
