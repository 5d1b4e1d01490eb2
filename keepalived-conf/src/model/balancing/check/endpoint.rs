//! Where a check goes.

use std::net::IpAddr;
use std::time::Duration;

use super::timing::Defaults;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::Section;

/// Where a check goes, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckTarget {
    /// `connect_ip`.
    pub address: IpAddr,
    /// `connect_port`; 0 where there is none.
    pub port: u16,
    /// `bindto`.
    pub source_address: Option<IpAddr>,
    /// `bind_port`.
    pub source_port: Option<u16>,
    /// `bind_if`.
    pub interface: Option<String>,
    /// `fwmark`.
    pub mark: u32,
    /// `connect_timeout`.
    pub timeout: Duration,
}

impl CheckTarget {
    pub(super) fn without_port(
        section: &Section,
        (address, port): (IpAddr, u16),
        defaults: &Defaults,
    ) -> Self {
        let port_of = |name: &str| section.integer(name).and_then(|it| u16::try_from(it).ok());
        Self {
            address: section.address("connect_ip").unwrap_or(address),
            port: port_of("connect_port").unwrap_or(port),
            source_address: section.address("bindto"),
            source_port: port_of("bind_port"),
            interface: section.text("bind_if").map(str::to_owned),
            mark: section.integer("fwmark").and_then(|it| u32::try_from(it).ok()).unwrap_or(0),
            timeout: defaults.timeout(section),
        }
    }

    pub(super) fn read(
        section: &Section,
        server: (IpAddr, u16),
        defaults: &Defaults,
        keyword: &str,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let target = Self::without_port(section, server, defaults);
        if target.port == 0 {
            let message = format!("{keyword} of {} has no port", server.0);
            diagnostics.error(span, message, "write connect_port PORT; the check is left out");
            return None;
        }
        if let Some(source) = target.source_address
            && source.is_ipv4() != target.address.is_ipv4()
        {
            let message = format!("bindto is {source} and the address {}", target.address);
            diagnostics.error(span, message, "write one of its family; bindto is left out");
            return Some(Self { source_address: None, ..target });
        }
        Some(target)
    }
}
