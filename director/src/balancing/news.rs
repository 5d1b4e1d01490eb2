//! What others are told.

use crate::config::Command;

/// A server or a service came up or went down.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct News {
    /// A service, or a server of it.
    pub about: About,
    /// Which way.
    pub is_up: bool,
    /// What is run for it.
    pub command: Option<Command>,
    /// Whether a mail is sent.
    pub mails: bool,
    /// What the mail says.
    pub body: String,
}

/// A service, or a server of it, in keepalived's words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum About {
    /// `[192.0.2.1]:tcp:80`.
    Service(String),
    /// A server and its service.
    Server(String, String),
}

impl About {
    /// The line of the FIFO, without its state.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Service(service) => format!("VS {service}"),
            Self::Server(server, service) => format!("RS {server} {service}"),
        }
    }

    /// The subject of the mail, without its state.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Service(service) => format!("Virtualserver {service}"),
            Self::Server(server, service) => {
                format!("Realserver {server} of virtual server {service}")
            }
        }
    }
}
