//! The checks of a server.

mod endpoint;
mod http;
mod kinds;
mod timing;

use std::net::IpAddr;

use super::Named;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Data, Section};

pub use endpoint::CheckTarget;
pub use http::{HttpCheck, HttpProtocol, HttpUrl, RegexLine, SslFiles};
pub use kinds::{BfdCheck, DnsCheck, FileCheck, MiscCheck, ReplyLine, SmtpCheck, UdpCheck};
pub use timing::CheckTiming;
pub(super) use timing::Defaults;

/// A check.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Check {
    /// Where it is written.
    pub span: Span,
    /// When it is run, and what its results mean.
    pub timing: CheckTiming,
    /// What is done.
    pub kind: CheckKind,
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CheckKind {
    /// `TCP_CHECK`.
    Tcp(CheckTarget),
    /// `HTTP_GET`, and `SSL_GET`.
    Http(Box<HttpCheck>),
    /// `SMTP_CHECK`.
    Smtp(SmtpCheck),
    /// `DNS_CHECK`.
    Dns(DnsCheck),
    /// `UDP_CHECK`.
    Udp(UdpCheck),
    /// `PING_CHECK`.
    Ping(CheckTarget),
    /// `MISC_CHECK`.
    Misc(MiscCheck),
    /// `FILE_CHECK`.
    File(FileCheck),
    /// `BFD_CHECK`.
    Bfd(BfdCheck),
}

impl CheckKind {
    /// Its keyword.
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "TCP_CHECK",
            Self::Http(check) if check.is_tls => "SSL_GET",
            Self::Http(_) => "HTTP_GET",
            Self::Smtp(_) => "SMTP_CHECK",
            Self::Dns(_) => "DNS_CHECK",
            Self::Udp(_) => "UDP_CHECK",
            Self::Ping(_) => "PING_CHECK",
            Self::Misc(_) => "MISC_CHECK",
            Self::File(_) => "FILE_CHECK",
            Self::Bfd(_) => "BFD_CHECK",
        }
    }
}

/// All checks of a server. One that cannot be is left out, and that is told.
pub(super) fn checks(
    section: &Section,
    server: (IpAddr, u16),
    defaults: &Defaults,
    named: &Named<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Check> {
    // There may be thousands of servers: no room is left for more.
    let blocks = section.entries.iter().filter(|entry| matches!(entry.data, Data::Block(..)));
    let mut checks = Vec::with_capacity(blocks.count());
    for entry in &section.entries {
        let Data::Block(_, block) = &entry.data else { continue };
        let keyword = entry.keyword.name;
        let span = entry.span;
        let target = |diagnostics: &mut Diagnostics| {
            CheckTarget::read(block, server, defaults, keyword, span, diagnostics)
        };
        let kind = match keyword {
            "TCP_CHECK" => target(diagnostics).map(CheckKind::Tcp),
            "PING_CHECK" => {
                Some(CheckKind::Ping(CheckTarget::without_port(block, server, defaults)))
            }
            "HTTP_GET" | "SSL_GET" => target(diagnostics).and_then(|target| {
                let is_tls = keyword == "SSL_GET";
                let check = HttpCheck::read(block, target, is_tls, defaults, span, diagnostics)?;
                Some(CheckKind::Http(Box::new(check)))
            }),
            "SMTP_CHECK" => {
                let timing = defaults.timing(block, keyword);
                let all = SmtpCheck::read(block, server, defaults, span, diagnostics);
                let kinds = all.into_iter().map(CheckKind::Smtp);
                checks.extend(kinds.map(|kind| Check { span, timing, kind }));
                continue;
            }
            "DNS_CHECK" => target(diagnostics).map(|it| CheckKind::Dns(DnsCheck::read(block, it))),
            "UDP_CHECK" => target(diagnostics)
                .and_then(|it| UdpCheck::read(block, it, diagnostics).map(CheckKind::Udp)),
            "MISC_CHECK" => {
                MiscCheck::read(block, defaults, span, diagnostics).map(CheckKind::Misc)
            }
            "FILE_CHECK" => {
                FileCheck::read(block, named.files, span, diagnostics).map(CheckKind::File)
            }
            "BFD_CHECK" => BfdCheck::read(block, named.bfds, span, diagnostics).map(CheckKind::Bfd),
            _ => continue,
        };
        let Some(kind) = kind else { continue };
        let timing = defaults.timing(block, keyword);
        checks.push(Check { span, timing, kind });
    }
    only_one_sets_the_weight(&mut checks, diagnostics);
    checks
}

/// `misc_dynamic` is for one check of a server: another would undo what it says.
fn only_one_sets_the_weight(checks: &mut [Check], diagnostics: &mut Diagnostics) {
    let mut has_one = false;
    for check in checks {
        if let CheckKind::Misc(misc) = &mut check.kind
            && misc.is_dynamic
        {
            if has_one {
                let message = "misc_dynamic is there for two checks of one server";
                diagnostics.error(check.span, message, "the second sets no weight");
                misc.is_dynamic = false;
            }
            has_one = true;
        }
    }
}
