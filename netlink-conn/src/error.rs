use std::fmt;
use std::io;

/// The kernel refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelError {
    errno: i32,
    message: Option<String>,
}

impl KernelError {
    pub(crate) fn new(errno: i32, message: Option<String>) -> Self {
        Self { errno, message }
    }

    /// The error number, positive: `EPERM` is 1.
    pub fn errno(&self) -> i32 {
        self.errno
    }

    /// What the kernel said about it, where it said anything.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from_raw_os_error(self.errno).fmt(f)?;
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for KernelError {}

/// What became of one request that was not carried out as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The kernel refused it.
    #[error(transparent)]
    Refused(#[from] KernelError),
    /// The acknowledgement was lost in a receive buffer that overran. The request may have been carried
    /// out; read the state back.
    #[error("the kernel's answer was lost, so the outcome is not known")]
    AnswerLost,
}

/// Why a transaction was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// The connection could not be used.
    #[error(transparent)]
    Connection(#[from] Error),
    /// The kernel refused all of it.
    #[error("netlink transaction")]
    Refused(#[source] KernelError),
    /// The kernel refused a request, so none was carried out.
    #[error("netlink transaction: request {request}")]
    RequestRefused {
        /// Its place in the batch, from 0; the first one when several were refused.
        request: usize,
        /// The cause.
        #[source]
        source: KernelError,
    },
    /// The answer was lost in a receive buffer that overran. The transaction may have been carried out;
    /// read the state back.
    #[error("netlink transaction: the kernel's answer was lost, so the outcome is not known")]
    AnswerLost,
}

/// Why a connection could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The network namespace cannot be entered.
    #[error("the network namespace cannot be entered, allowed with CAP_SYS_ADMIN")]
    Namespace(#[source] io::Error),
    /// A socket could not be opened or set up.
    #[error("netlink socket: {action}")]
    Socket {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A multicast group that cannot be listened to.
    #[error("multicast group is {0}, allowed are 1 to 32")]
    Group(u32),
    /// Requests could not be sent.
    #[error("netlink send")]
    Send(#[source] io::Error),
    /// Answers could not be received.
    #[error("netlink receive")]
    Receive(#[source] io::Error),
    /// The kernel refused to tell.
    #[error("netlink question")]
    Dump(#[source] KernelError),
    /// The dumped table changed each time that it was read.
    #[error("netlink dump: inconsistent {0} times in a row")]
    Inconsistent(u32),
}
