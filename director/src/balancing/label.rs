//! keepalived's words for services and servers.

use std::fmt;
use std::net::IpAddr;

use keepalived_conf::model::{RealServer, ServiceName, TransportProtocol, VirtualServer};

/// `[192.0.2.1]:tcp:80`, `[GROUP]:0`, `FWM 7`.
pub(crate) fn service(line: &VirtualServer) -> String {
    match &line.name {
        ServiceName::Address { address, port } => socket(*address, line.protocol, *port),
        ServiceName::Group(name) => format!("[{name}]:0"),
        ServiceName::Mark { mark, .. } => format!("FWM {mark}"),
        other => other.to_string(),
    }
}

/// `[10.0.0.1]:tcp:80`.
pub(crate) fn server(line: &RealServer, of: &VirtualServer) -> String {
    socket(line.address, of.protocol, line.port)
}

fn socket(address: IpAddr, protocol: Option<TransportProtocol>, port: u16) -> String {
    let protocol = match protocol {
        Some(TransportProtocol::Tcp) => "tcp",
        Some(TransportProtocol::Udp) => "udp",
        Some(TransportProtocol::Sctp) => "sctp",
        _ => "none",
    };
    format!("[{address}]:{protocol}:{port}")
}

/// `UP` or `DOWN`.
pub(crate) fn state(is_up: bool) -> &'static str {
    if is_up { "UP" } else { "DOWN" }
}

/// `TCP CHECK succeed on service`: as keepalived's mails have it.
pub(super) struct Told<'a> {
    pub(super) keyword: &'a str,
    pub(super) is_up: bool,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.keyword.split('_').next().unwrap_or_default();
        let prefix =
            if matches!(name, "HTTP" | "SSL") { String::new() } else { format!("{name} ") };
        let word = if self.is_up { "succeed" } else { "failed" };
        write!(f, "=> {prefix}CHECK {word} on service <=")
    }
}
