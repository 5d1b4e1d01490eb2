//! What `global_defs` says of IPVS.

use std::net::IpAddr;

use crate::diagnostic::Diagnostics;
use crate::model::instance::Instance;
use crate::model::nftables::NftablesIpvs;
use crate::tree::{Section, Value};

/// `lvs_flush_on_stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum FlushOnStop {
    /// The whole table.
    All,
    /// `VS`: our services.
    Services,
}

/// `lvs_timeouts`, in seconds; `None` for what stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LvsTimeouts {
    /// `tcp`.
    pub tcp: Option<u32>,
    /// `tcpfin`.
    pub tcp_fin: Option<u32>,
    /// `udp`.
    pub udp: Option<u32>,
}

/// `lvs_sync_daemon`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncDaemon {
    /// The interface.
    pub interface: String,
    /// `inst`: master while this instance is, backup otherwise; without it both.
    pub instance: Option<String>,
    /// `id`; the VRID of the instance where it is not said.
    pub id: Option<u8>,
    /// `maxlen`.
    pub longest: Option<u16>,
    /// `port`.
    pub port: Option<u16>,
    /// `ttl`.
    pub ttl: Option<u8>,
    /// `group`.
    pub group: Option<IpAddr>,
}

/// What `global_defs` says of IPVS and of checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lvs {
    /// `lvs_timeouts`.
    pub timeouts: LvsTimeouts,
    /// `lvs_sync_daemon`.
    pub sync_daemon: Option<SyncDaemon>,
    /// `nftables_ipvs`.
    pub nftables: Option<NftablesIpvs>,
    /// `lvs_flush`: the table is empty at the beginning.
    pub flush: bool,
    /// `lvs_flush_on_stop`.
    pub flush_on_stop: Option<FlushOnStop>,
    /// `rs_init_notifies`: servers are told of at the start as well.
    pub tells_at_start: bool,
    /// `checker_log_all_failures`.
    pub logs_all_failures: bool,
    /// `smtp_alert_checker`, or `smtp_alert`.
    pub smtp_alert: bool,
    /// `no_checker_emails`: mails about servers, not about each check.
    pub mails_no_checks: bool,
}

impl Lvs {
    pub(in crate::model) fn read(section: &Section) -> Self {
        let values = |name: &str| section.get(name)?.values();
        let seconds = |name: &str| {
            let value = values("lvs_timeouts")?.option(name)?.integer()?;
            u32::try_from(value).ok().filter(|seconds| *seconds != 0)
        };
        let flush_on_stop = section
            .entries
            .iter()
            .rfind(|entry| ["lvs_flush_on_stop", "lvs_flush_onstop"].contains(&entry.keyword.name));
        let flush_on_stop = flush_on_stop.and_then(|entry| entry.values());
        let smtp_alert = section.boolean("smtp_alert").unwrap_or(false);
        Self {
            timeouts: LvsTimeouts {
                tcp: seconds("tcp"),
                tcp_fin: seconds("tcpfin"),
                udp: seconds("udp"),
            },
            sync_daemon: values("lvs_sync_daemon").and_then(SyncDaemon::of),
            nftables: NftablesIpvs::read(section),
            flush: section.has("lvs_flush"),
            flush_on_stop: flush_on_stop.map(|values| match values.at(0) {
                Some(_) => FlushOnStop::Services,
                None => FlushOnStop::All,
            }),
            tells_at_start: section.boolean("rs_init_notifies").unwrap_or(false),
            logs_all_failures: section.boolean("checker_log_all_failures").unwrap_or(false),
            smtp_alert: section.boolean("smtp_alert_checker").unwrap_or(smtp_alert),
            mails_no_checks: section.boolean("no_checker_emails").unwrap_or(false),
        }
    }
}

impl Lvs {
    /// `lvs_sync_daemon_interface` of an instance: the older way to have a sync daemon follow it.
    pub(in crate::model) fn follow_instances(
        &mut self,
        tree: &Section,
        instances: &[Instance],
        diagnostics: &mut Diagnostics,
    ) {
        for (_, head, section) in tree.blocks("vrrp_instance") {
            let Some(entry) = section.get("lvs_sync_daemon_interface") else { continue };
            let interface = entry.values().and_then(|values| values.at(0)?.text());
            let name = head.at(0).and_then(Value::text);
            let known = instances.iter().find(|instance| Some(instance.name.as_str()) == name);
            let (Some(interface), Some(instance)) = (interface, known) else { continue };
            if self.sync_daemon.is_some() {
                let message = "lvs_sync_daemon_interface is there, and a sync daemon already";
                diagnostics.error(entry.span, message, "there is one; this line is left out");
                continue;
            }
            self.sync_daemon = Some(SyncDaemon {
                interface: interface.to_owned(),
                instance: Some(instance.name.clone()),
                id: None,
                longest: None,
                port: None,
                ttl: None,
                group: None,
            });
        }
    }
}

impl SyncDaemon {
    fn of(values: &crate::tree::Values) -> Option<Self> {
        let text = |value: Option<&Value>| value.and_then(Value::text).map(str::to_owned);
        let number = |value: Option<&Value>| value.and_then(Value::integer);
        let id = number(values.option("id")).or_else(|| number(values.at(2)));
        Some(Self {
            interface: values.at(0)?.text()?.to_owned(),
            instance: text(values.option("inst")).or_else(|| text(values.at(1))),
            id: id.and_then(|id| u8::try_from(id).ok()),
            longest: number(values.option("maxlen")).and_then(|it| u16::try_from(it).ok()),
            port: number(values.option("port")).and_then(|it| u16::try_from(it).ok()),
            ttl: number(values.option("ttl")).and_then(|it| u8::try_from(it).ok()),
            group: values.option("group").and_then(Value::address),
        })
    }
}
