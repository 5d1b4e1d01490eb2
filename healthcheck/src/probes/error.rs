use alloc::string::String;
use core::time::Duration;
use std::io;

use crate::Outcome;

/// Why a server is not fit, or why that cannot be said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// It could not be probed for a reason that is ours: no file, port or memory was left, or a setting of the
    /// socket was refused.
    #[error("{action} failed here")]
    Ours {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// No connection.
    #[error("connecting failed")]
    Connect(#[source] io::Error),
    /// Nothing came, or not all of it, in time.
    #[error("{action} took longer than {limit:?}")]
    Timeout {
        /// What was waited for.
        action: &'static str,
        /// How long.
        limit: Duration,
    },
    /// The connection broke.
    #[error("{action} failed")]
    Broken {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// TLS failed.
    #[error("TLS failed")]
    Tls(#[source] io::Error),
    /// What came is not what the protocol allows.
    #[error("what came is no {protocol}: {problem}")]
    Protocol {
        /// Which one.
        protocol: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// An answer with a status that is not good.
    #[error("{protocol} status is {status}, allowed is {allowed}")]
    Status {
        /// Of HTTP, SMTP or DNS.
        protocol: &'static str,
        /// The status.
        status: u16,
        /// What is good.
        allowed: String,
    },
    /// The body is another one.
    #[error("MD5 of the body is {found}, allowed is {wanted}")]
    Digest {
        /// What was found.
        found: String,
        /// What was to be found.
        wanted: String,
    },
    /// The body does not match, or matches and is not to.
    #[error("the body {}", if *.matches { "matches, allowed is no match" } else { "does not match" })]
    Pattern {
        /// Whether it matches.
        matches: bool,
    },
    /// More came than is kept.
    #[error("the answer is longer than {limit} octets")]
    TooLong {
        /// What is kept.
        limit: usize,
    },
    /// A datagram of another length, or with other octets at its begin.
    #[error("the reply of {length} octets is not the one that is expected")]
    Reply {
        /// Its length.
        length: usize,
    },
    /// A number that says that the server is not fit.
    #[error("the number in the file is {number}, allowed is 0")]
    Number {
        /// The number.
        number: i64,
    },
    /// A command ended like this.
    #[error("the command {0}")]
    Command(String),
}

impl ProbeError {
    /// What it means for the check.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Ours { .. } => Outcome::NotRun,
            _ => Outcome::Failure,
        }
    }

    /// An error of connecting or sending: some are for reasons that are ours.
    pub(super) fn connecting(source: io::Error) -> Self {
        if is_ours(&source) {
            Self::Ours { action: "connecting", source }
        } else {
            Self::Connect(source)
        }
    }
}

const EAGAIN: i32 = 11;
const ENOMEM: i32 = 12;
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;
const EADDRINUSE: i32 = 98;
const EADDRNOTAVAIL: i32 = 99;
const ENOBUFS: i32 = 105;

/// Whether there was nothing left of what the kernel gives to programs.
pub(super) fn is_ours(error: &io::Error) -> bool {
    // connect(2): no port is left is EADDRNOTAVAIL, and EAGAIN for local sockets.
    let shortages = [EAGAIN, ENOMEM, ENFILE, EMFILE, EADDRINUSE, EADDRNOTAVAIL, ENOBUFS];
    error.raw_os_error().is_some_and(|errno| shortages.contains(&errno))
}
