use std::io;
use std::net::IpAddr;

use netlink_conn::{Error, KernelError, RequestError, TransactionError};

use crate::blocking::Interface;
use crate::family::Family;
use crate::transaction::Transaction;
use crate::uapi;

/// The firewall could not be read or changed. A change that failed was not made in part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FirewallError {
    /// The table cannot have this name.
    #[error("name of the table is {table:?}, allowed are 1 to 255 octets without a zero")]
    TableName {
        /// The name.
        table: String,
    },
    /// An interface is not told in the way that the settings say.
    #[error("{address}: interface is {interface}, allowed is {allowed}")]
    Interface {
        /// The address that was to be blocked.
        address: IpAddr,
        /// The interface.
        interface: Interface,
        /// What it has to be.
        allowed: &'static str,
    },
    /// A range of addresses that is none.
    #[error("range is {first} to {last}, allowed are two of one family, the lower one first")]
    Range {
        /// The first address.
        first: IpAddr,
        /// The last one.
        last: IpAddr,
    },
    /// The process may not read or change the firewall.
    #[error("table {table}: the firewall needs the capability CAP_NET_ADMIN")]
    Permission {
        /// Name of the table.
        table: String,
        /// The kernel's answer.
        #[source]
        source: KernelError,
    },
    /// Somebody else made a table of this name. It was left as it is.
    #[error("table {family} {table} exists and was made by somebody else")]
    NotOurs {
        /// Family of the table.
        family: Family,
        /// Name of the table.
        table: String,
    },
    /// The kernel was built without nf_tables, or cannot load it.
    #[error("this kernel has no nf_tables")]
    Unsupported {
        /// What it said to being asked.
        #[source]
        source: io::Error,
    },
    /// The kernel refused a change.
    #[error("table {table}: cannot {action}")]
    Refused {
        /// Name of the table, after its family where only one is concerned.
        table: String,
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: RequestError,
    },
    /// The firewall could not be asked at all.
    #[error("{action}")]
    Connection {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: Error,
    },
}

impl FirewallError {
    /// The connection could not be opened.
    pub(crate) fn opening(error: Error) -> Self {
        match error {
            Error::Socket { source, .. } if is_missing(&source) => Self::Unsupported { source },
            source => Self::Connection { action: "open the firewall", source },
        }
    }

    /// The tables could not be listed.
    pub(crate) fn listing(error: Error, table: &str) -> Self {
        match error {
            Error::Dump(source) if source.errno() == uapi::EPERM => {
                Self::Permission { table: table.to_owned(), source }
            }
            // nfnetlink says EINVAL when it does not know the subsystem (`nfnetlink_rcv_msg`).
            Error::Dump(source) if [uapi::EINVAL, uapi::EOPNOTSUPP].contains(&source.errno()) => {
                Self::Unsupported { source: io::Error::from_raw_os_error(source.errno()) }
            }
            source => Self::Connection { action: "list the tables of the firewall", source },
        }
    }

    /// The transaction was not carried out.
    pub(crate) fn changing(
        error: TransactionError,
        transaction: &Transaction,
        table: &str,
    ) -> Self {
        let action = "change the firewall";
        let (table, action, source) = match error {
            TransactionError::Connection(source) => return Self::Connection { action, source },
            TransactionError::Refused(source) if source.errno() == uapi::EOPNOTSUPP => {
                let source = io::Error::from_raw_os_error(source.errno());
                return Self::Unsupported { source };
            }
            TransactionError::Refused(source) => {
                (table.to_owned(), action, RequestError::Refused(source))
            }
            TransactionError::RequestRefused { request, source } => {
                let (named, action) = transaction.describe(request, table);
                (named, action, RequestError::Refused(source))
            }
            _ => (table.to_owned(), action, RequestError::AnswerLost),
        };
        match source {
            RequestError::Refused(source) if source.errno() == uapi::EPERM => {
                Self::Permission { table, source }
            }
            source => Self::Refused { table, action, source },
        }
    }

    /// Whether somebody else changed the table while, or since, we looked.
    pub(crate) fn is_outdated(&self) -> bool {
        let Self::Refused { source: RequestError::Refused(source), .. } = self else {
            return false;
        };
        [uapi::ENOENT, uapi::EEXIST].contains(&source.errno())
    }
}

/// Whether the kernel does not know the protocol of the socket.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(uapi::EPROTONOSUPPORT | uapi::EAFNOSUPPORT))
}
