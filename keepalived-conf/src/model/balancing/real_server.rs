//! `real_server`.

use std::net::IpAddr;

use super::Named;
use super::check::{Check, Defaults, checks};
use super::method::LvsMethod;
use super::virtual_server::method_of;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{CommandLine, Section, Value, Values};

/// A server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RealServer {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// Where it is written.
    pub span: Span,
    /// `weight`.
    pub weight: u32,
    /// `lvs_method`.
    pub method: LvsMethod,
    /// `uthreshold`; 0 for no limit.
    pub upper_threshold: u32,
    /// `lthreshold`.
    pub lower_threshold: u32,
    /// `inhibit_on_failure`: when it is down it stays, with weight 0.
    pub stays: bool,
    /// `notify_up`.
    pub notify_up: Option<Box<CommandLine>>,
    /// `notify_down`.
    pub notify_down: Option<Box<CommandLine>>,
    /// `smtp_alert`.
    pub smtp_alert: Option<bool>,
    /// Its checks.
    pub checks: Vec<Check>,
}

/// What a server has of its service where it says nothing.
pub(super) struct Inherited {
    pub(super) port: u16,
    pub(super) method: LvsMethod,
    pub(super) weight: u32,
    pub(super) stays: bool,
    pub(super) alpha: bool,
    pub(super) checks: Defaults,
    /// The service is by address, and has a port that packets keep.
    pub(super) keeps_port: bool,
}

impl Inherited {
    /// Packets that are not rewritten keep the port of the service.
    pub(super) fn port_of(
        &self,
        port: Option<u16>,
        method: LvsMethod,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> u16 {
        let written = port.unwrap_or(self.port);
        if method == LvsMethod::Nat || !self.keeps_port || written == self.port || self.port == 0 {
            return written;
        }
        let message = format!("port is {written}, and that of the service is {}", self.port);
        diagnostics.warn(span, message, "DR and TUN keep the port of the service, which is taken");
        self.port
    }
}

impl RealServer {
    pub(super) fn read(
        span: Span,
        head: &Values,
        section: &Section,
        inherited: &Inherited,
        named: &Named<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let address = head.at(0)?.address()?;
        let port = head.at(1).and_then(Value::integer).and_then(|port| u16::try_from(port).ok());
        let method = section.get("lvs_method").and_then(|entry| entry.values());
        let method = method.and_then(|values| method_of(values, diagnostics));
        let method = method.unwrap_or(inherited.method);
        let port = inherited.port_of(port, method, head.span, diagnostics);
        let number = |name: &str| section.integer(name).and_then(|it| u32::try_from(it).ok());
        let (upper, lower) = (number("uthreshold").unwrap_or(0), number("lthreshold").unwrap_or(0));
        let lower_threshold = if upper != 0 && lower > upper {
            let message = format!("lthreshold is {lower} and uthreshold {upper}");
            diagnostics.error(span, message, "write a lower one; lthreshold is left out");
            0
        } else {
            lower
        };
        let alpha = section.boolean("alpha").unwrap_or(inherited.alpha);
        let defaults = inherited.checks.with(section, alpha);
        Some(Self {
            address,
            port,
            span,
            weight: number("weight").unwrap_or(inherited.weight),
            method,
            upper_threshold: upper,
            lower_threshold,
            stays: section.boolean("inhibit_on_failure").unwrap_or(inherited.stays),
            notify_up: section.command("notify_up").cloned().map(Box::new),
            notify_down: section.command("notify_down").cloned().map(Box::new),
            smtp_alert: section.boolean("smtp_alert"),
            checks: checks(section, (address, port), &defaults, named, diagnostics),
        })
    }
}
