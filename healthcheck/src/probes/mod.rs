//! Probes: what checks run, on tokio.
//!
//! Each looks at a server once and says whether it is fit. All are bounded in time and memory, whatever the server does.

mod dns;
mod endpoint;
mod error;
mod file;
mod http;
mod ping;
mod probe;
mod regular;
mod script;
mod smtp;
mod tcp;
mod tls;
mod udp;

pub use dns::{Dns, DnsError, RecordType};
pub use endpoint::Endpoint;
pub use error::ProbeError;
pub use file::File;
pub use http::{
    Fetched, Http, HttpError, HttpVersion, Pattern, PatternError, PatternOption, StatusSet, Url,
};
pub use ping::Ping;
pub use probe::{Found, Probe};
pub use script::Script;
pub use smtp::{Smtp, SmtpError};
pub use tcp::Tcp;
pub use tls::{Tls, TlsError};
pub use udp::{Reply, Udp};
