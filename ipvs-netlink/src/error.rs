use netlink_conn::{KernelError, RequestError};

use crate::change::Change;
use crate::service::{Family, Granularity};

const EPERM: i32 = 1;
pub(crate) const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const ENOMEM: i32 = 12;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const ERANGE: i32 = 34;
const EOPNOTSUPP: i32 = 95;
const EAFNOSUPPORT: i32 = 97;

/// The table cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel has no IPVS, or its module `ip_vs` is not loaded.
    #[error("this kernel has no IPVS, or the module ip_vs is not loaded")]
    NoIpvs,
    /// Not without `CAP_NET_ADMIN` in the initial user namespace, also for the tables of other network namespaces.
    #[error("{action}: permission denied, allowed with CAP_NET_ADMIN")]
    Permission {
        /// What was tried.
        action: &'static str,
        /// What the kernel said.
        #[source]
        source: KernelError,
    },
    /// The connection failed, or the kernel refused.
    #[error("{action}")]
    Netlink {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: netlink_conn::Error,
    },
    /// An answer that this release cannot read.
    #[error("{action}: the kernel's answer lacks what it has to have")]
    Answer {
        /// What was asked.
        action: &'static str,
    },
    /// Services came or went each time that the table was read.
    #[error("the table changes faster than it can be read")]
    Changing,
}

impl Error {
    pub(crate) fn of(action: &'static str) -> impl FnOnce(netlink_conn::Error) -> Self {
        move |source| match source {
            netlink_conn::Error::Dump(source) if source.errno() == EPERM => {
                Self::Permission { action, source }
            }
            source => Self::Netlink { action, source },
        }
    }
}

/// A change was not made. Each keeps what the kernel said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such service.
    #[error("there is no such service")]
    NoService(#[source] KernelError),
    /// There is one already.
    #[error("there is such a service already")]
    ServiceExists(#[source] KernelError),
    /// The service has no such destination.
    #[error("the service has no such destination")]
    NoDestination(#[source] KernelError),
    /// It has one already.
    #[error("the service has such a destination already")]
    DestinationExists(#[source] KernelError),
    /// The scheduler or the engine has no module.
    #[error("there is no module of the scheduler or the engine")]
    NoScheduler(#[source] KernelError),
    /// A sync daemon of this side runs already.
    #[error("a sync daemon of this side runs already")]
    DaemonExists(#[source] KernelError),
    /// None runs.
    #[error("no sync daemon of this side runs")]
    NoDaemon(#[source] KernelError),
    /// The sync daemon's interface does not exist.
    #[error("there is no such interface")]
    NoInterface(#[source] KernelError),
    /// Weights and thresholds that cannot be: a weight below 0, a lower threshold above the upper one.
    #[error(
        "weight or thresholds are out of range, allowed are weights from 0 and a lower threshold not above the upper"
    )]
    Weight(#[source] KernelError),
    /// Families that do not go together, or that the kernel does not have.
    #[error("the families do not go together, or the kernel does not have them")]
    Family(#[source] KernelError),
    /// The settings do not go together, as a server of another family that is reached by no tunnel, or one of another
    /// family while a sync daemon runs, and the other way round.
    #[error("the settings do not go together")]
    Invalid(#[source] KernelError),
    /// A netmask is given for IPv6, or a prefix length for IPv4; the kernel would take its octets for the other.
    #[error("granularity of an {family:?} service is {granularity:?}, allowed is the other kind")]
    Granularity {
        /// What is given.
        granularity: Granularity,
        /// The family of the service.
        family: Family,
    },
    /// A time that the kernel's counting in clock ticks cannot hold.
    #[error("persistence is {seconds} s, allowed are 1 to 2678400")]
    Persistence {
        /// What is given.
        seconds: u32,
    },
    /// A remote checksum is of GUE only.
    #[error("the checksum of a GRE tunnel is remote, allowed are none and one of the packet")]
    TunnelChecksum,
    /// Not without `CAP_NET_ADMIN`.
    #[error("permission denied, allowed with CAP_NET_ADMIN")]
    Permission(#[source] KernelError),
    /// The kernel has no memory for it.
    #[error("the kernel has no memory left")]
    NoMemory(#[source] KernelError),
    /// Anything else.
    #[error("the kernel refused")]
    Refused(#[source] KernelError),
    /// The answer was lost; read back what there is.
    #[error("the kernel's answer was lost, so the outcome is not known")]
    AnswerLost,
}

impl ChangeError {
    /// Whether it comes of a plan for a table that is another one by now, or may be.
    pub(crate) fn tells_of_another_table(&self) -> bool {
        matches!(
            self,
            Self::AnswerLost
                | Self::ServiceExists(_)
                | Self::DestinationExists(_)
                | Self::NoService(_)
                | Self::NoDestination(_)
        )
    }

    /// What an error number means depends on what was asked (`net/netfilter/ipvs/ip_vs_ctl.c`).
    pub(crate) fn new(change: &Change, source: RequestError) -> Self {
        let RequestError::Refused(source) = source else { return Self::AnswerLost };
        let is_destination = matches!(
            change,
            Change::AddDestination(..)
                | Change::EditDestination(..)
                | Change::DeleteDestination(..)
        );
        match (change, source.errno()) {
            (_, EPERM) => Self::Permission(source),
            (_, ENOMEM) => Self::NoMemory(source),
            (Change::StopDaemon(_), ESRCH) => Self::NoDaemon(source),
            (_, ESRCH) => Self::NoService(source),
            (Change::StartDaemon(_), EEXIST) => Self::DaemonExists(source),
            (Change::StartDaemon(_), ENODEV) => Self::NoInterface(source),
            (Change::AddDestination(..), EEXIST) => Self::DestinationExists(source),
            (_, EEXIST) => Self::ServiceExists(source),
            (Change::AddService(_) | Change::EditService(_), ENOENT) => Self::NoScheduler(source),
            (_, ENOENT) if is_destination => Self::NoDestination(source),
            (_, ERANGE) => Self::Weight(source),
            (_, EAFNOSUPPORT | EOPNOTSUPP) => Self::Family(source),
            (_, EINVAL) => Self::Invalid(source),
            _ => Self::Refused(source),
        }
    }
}
