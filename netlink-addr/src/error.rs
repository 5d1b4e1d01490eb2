use std::net::IpAddr;
use std::sync::Arc;

use netlink_conn::RequestError;

/// A number outside the range that its field allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}, allowed are {min} to {max}")]
#[non_exhaustive]
pub struct OutOfRange {
    /// The field.
    pub field: &'static str,
    /// The value that was refused.
    pub value: u64,
    /// The smallest allowed value.
    pub min: u64,
    /// The largest allowed value.
    pub max: u64,
}

/// The table could not be asked at all.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{action}")]
#[non_exhaustive]
pub struct Error {
    /// What was tried.
    pub action: &'static str,
    /// The cause; shared, because it may be the answer to many requests.
    #[source]
    pub source: Arc<netlink_conn::Error>,
}

impl Error {
    /// For `map_err`: this failed.
    pub(crate) fn of(action: &'static str) -> impl FnOnce(netlink_conn::Error) -> Self {
        move |source| Self { action, source: Arc::new(source) }
    }
}

/// A route could not be added or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// Another route to the same network is there, with the same metric and in the same table.
    #[error("there is another route to {destination}/{prefix_length}")]
    Exists {
        /// The network.
        destination: IpAddr,
        /// Bits of the network.
        prefix_length: u8,
    },
    /// The process may not change routes.
    #[error("{destination}/{prefix_length}: changing routes needs the capability CAP_NET_ADMIN")]
    Permission {
        /// The network.
        destination: IpAddr,
        /// Bits of the network.
        prefix_length: u8,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
    /// Any other reason: a gateway that is not on a link, an interface that is down, an encapsulation that
    /// the kernel does not have.
    #[error("the route to {destination}/{prefix_length} was refused")]
    Refused {
        /// The network.
        destination: IpAddr,
        /// Bits of the network.
        prefix_length: u8,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
}

/// A policy rule could not be added or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// There is another rule that the kernel takes for this one: it has the same priority and does the same,
    /// and differs in `not`, the target of a `goto`, or a condition that only the other one has.
    #[error("{rule}: there is another rule that the kernel does not tell from it")]
    Exists {
        /// The rule, as `ip rule` has it.
        rule: String,
    },
    /// The process may not change rules.
    #[error("{rule}: changing rules needs the capability CAP_NET_ADMIN")]
    Permission {
        /// The rule, as `ip rule` has it.
        rule: String,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
    /// Any other reason: a `goto` backwards, a type of service that IPv4 does not have.
    #[error("the rule {rule} was refused")]
    Refused {
        /// The rule, as `ip rule` has it.
        rule: String,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
}

/// An address could not be added or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The process may not change addresses.
    #[error("{address}: changing addresses needs the capability CAP_NET_ADMIN")]
    Permission {
        /// The address.
        address: IpAddr,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
    /// The interface is gone.
    #[error("{address}: there is no interface with index {interface}")]
    NoInterface {
        /// The address.
        address: IpAddr,
        /// The index that was asked for.
        interface: u32,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
    /// Any other reason.
    #[error("{address} was refused")]
    Refused {
        /// The address.
        address: IpAddr,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
}

/// An interface could not be made, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The process may not change interfaces.
    #[error("{interface}: changing interfaces needs the capability CAP_NET_ADMIN")]
    Permission {
        /// Its name, or its index.
        interface: String,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
    /// Any other reason: a name that is taken, a kind that the kernel does not have.
    #[error("{interface} was refused")]
    Refused {
        /// Its name, or its index.
        interface: String,
        /// The kernel's answer.
        #[source]
        source: RequestError,
    },
}
