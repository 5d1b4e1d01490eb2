//! `virtual_server` and what belongs to it.

mod check;
mod group;
mod lvs;
mod method;
mod real_server;
mod virtual_server;

use std::collections::BTreeSet;

use super::bfd::BfdInstance;
use super::build::named;
use super::track_file::TrackFile;
use crate::diagnostic::Diagnostics;
use crate::tree::Section;

pub use check::{
    BfdCheck, Check, CheckKind, CheckTarget, CheckTiming, DnsCheck, FileCheck, HttpCheck,
    HttpProtocol, HttpUrl, MiscCheck, RegexLine, ReplyLine, SmtpCheck, SslFiles, UdpCheck,
};
pub use group::ServerGroup;
pub use lvs::{FlushOnStop, Lvs, LvsTimeouts, SyncDaemon};
pub use method::{LvsMethod, LvsTunnel, LvsTunnelChecksum};
pub use real_server::RealServer;
pub use virtual_server::{
    GranularityLine, IpFamily, PersistenceLine, ServiceName, SorryServer, TransportProtocol,
    VirtualServer,
};

/// What else blocks of servers name.
pub(super) struct Named<'a> {
    pub(super) files: &'a [TrackFile],
    pub(super) bfds: &'a [BfdInstance],
    pub(super) groups: &'a [ServerGroup],
}

/// `virtual_server_group`.
pub(super) fn groups(tree: &Section, diagnostics: &mut Diagnostics) -> Vec<ServerGroup> {
    let blocks = named(tree, &["virtual_server_group"], diagnostics);
    let read =
        |(name, span, section): (&str, _, &_)| ServerGroup::read(name, span, section, diagnostics);
    blocks.into_iter().map(read).collect()
}

/// `virtual_server`; the second of one service is left out.
pub(super) fn virtual_servers(
    tree: &Section,
    named: &Named<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<VirtualServer> {
    let mut seen = BTreeSet::new();
    let mut servers = Vec::new();
    for (entry, head, section) in tree.blocks("virtual_server") {
        let server = VirtualServer::read(entry.span, head, section, named, diagnostics);
        let Some(server) = server else { continue };
        if seen.insert(server.identity()) {
            servers.push(server);
        } else {
            let message = format!("there are two blocks virtual_server {}", server.name);
            diagnostics.error(entry.span, message, "the second is left out");
        }
    }
    servers
}
