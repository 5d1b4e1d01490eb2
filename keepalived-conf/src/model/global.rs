//! `global_defs`.

use std::time::Duration;

use super::defaults::Defaults;
use super::mail::{Mail, mail};
use super::nftables::Nftables;
use super::process::{ProcessSettings, ReceiveBuffer, RxBuffers};
use super::umask::umask;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{CommandLine, Section, Value, Values};

/// Who runs something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// A name or a number.
    pub user: String,
    /// A name or a number; the user's own group when it is left out.
    pub group: Option<String>,
}

impl User {
    pub(super) fn of(values: &Values, place: usize) -> Option<Self> {
        let text = |at: usize| values.at(at).and_then(Value::text).map(str::to_owned);
        Some(Self { user: text(place)?, group: text(place + 1) })
    }
}

/// A FIFO that events are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fifo {
    /// Its path.
    pub path: String,
    /// Whose it is.
    pub user: Option<User>,
    /// Where it is written.
    pub span: Span,
    /// What is started to read it.
    pub script: Option<CommandLine>,
}

/// The layout of the JSON dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonVersion {
    /// An array of instances.
    #[default]
    V1,
    /// An object of arrays.
    V2,
}

/// `global_defs`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Global {
    /// `router_id`.
    pub router_id: Option<String>,
    /// `script_user`.
    pub script_user: Option<User>,
    /// `enable_script_security`.
    pub has_script_security: bool,
    /// `startup_script` and how long it may take.
    pub startup_script: Option<(CommandLine, Duration)>,
    /// `shutdown_script` and how long it may take.
    pub shutdown_script: Option<(CommandLine, Duration)>,
    /// `umask`.
    pub umask: Option<u32>,
    /// `json_version`.
    pub json_version: JsonVersion,
    /// `state_dump_file`.
    pub state_dump_file: Option<String>,
    /// `stats_dump_file`.
    pub stats_dump_file: Option<String>,
    /// `json_dump_file`.
    pub json_dump_file: Option<String>,
    /// `notification_email` and what belongs to it.
    pub mail: Mail,
    /// `no_email_faults`.
    pub mails_no_faults: bool,
    /// `notify_fifo`.
    pub notify_fifo: Option<Fifo>,
    /// `vrrp_notify_fifo`.
    pub vrrp_notify_fifo: Option<Fifo>,
    /// `lvs_notify_fifo`.
    pub lvs_notify_fifo: Option<Fifo>,
    /// `fifo_write_vrrp_states_on_reload`.
    pub repeats_states_on_reload: bool,
    /// `vrrp_startup_delay`.
    pub startup_delay: Duration,
    /// `vrrp_delay_after_boot`.
    pub delay_after_boot: Duration,
    /// What instances have that say nothing else.
    pub defaults: Defaults,
    /// `dynamic_interfaces`; whether `allow_if_changes` stands after it.
    pub dynamic_interfaces: Option<bool>,
    /// `vrrp_garp_interval`: from one gratuitous ARP message of an interface to the next.
    pub vrrp_garp_interval: Option<Duration>,
    /// `vrrp_gna_interval`: from one neighbour advertisement of an interface to the next.
    pub vrrp_gna_interval: Option<Duration>,
    /// `log_unknown_vrids`.
    pub log_unknown_vrids: bool,
    /// `disable_local_igmp`.
    pub disable_local_igmp: bool,
    /// `nftables` and its kin.
    pub nftables: Nftables,
    /// `vrrp_rx_bufs_policy` and `vrrp_rx_bufs_multiplier`.
    pub rx_buffers: RxBuffers,
    /// `vrrp_priority` and its kin.
    pub vrrp_process: ProcessSettings,
    /// `bfd_priority` and its kin.
    pub bfd_process: ProcessSettings,
    /// `checker_priority` and its kin.
    pub checker_process: ProcessSettings,
    /// `max_auto_priority`: the greatest real-time priority that is taken when a timer was late; 0
    /// for none, and −1 for none without a word.
    pub max_auto_priority: i8,
    /// `min_auto_priority_delay`: how late that is.
    pub min_auto_priority_delay: Duration,
    /// `vrrp_netlink_cmd_rcv_bufs`: for answers.
    pub netlink_command_buffer: ReceiveBuffer,
    /// `vrrp_netlink_monitor_rcv_bufs`: for events.
    pub netlink_monitor_buffer: ReceiveBuffer,
    /// `process_monitor_rcv_bufs`: for events of processes.
    pub process_monitor_buffer: ReceiveBuffer,
    /// `set_supplementary_groups`: scripts get all groups of their user.
    pub set_supplementary_groups: bool,
    /// `reload_time_file`: it has the time of the next reload.
    pub reload_time_file: Option<String>,
    /// `reload_repeat`: every day at that time.
    pub reload_repeat: bool,
    /// `reload_file`: it is there while the configuration is read; without a name where PID files are.
    pub reload_file: Option<Option<String>>,
    /// `config_save_dir`: where copies of what was read go.
    pub config_save_dir: Option<String>,
    /// `data_use_instance`: names of dumps have the names of the instance and of the namespace in
    /// them.
    pub data_use_instance: bool,
    /// `iproute_usr_dir`: iproute2's names, as installed.
    pub iproute_usr_dir: Option<String>,
    /// `iproute_etc_dir`: iproute2's names, as changed here.
    pub iproute_etc_dir: Option<String>,
}

impl Global {
    pub(super) fn read(section: &Section, diagnostics: &mut Diagnostics) -> Self {
        let text = |name: &str| section.text(name).map(str::to_owned);
        let values = |name: &str| section.get(name)?.values();
        let is_on = |name: &str| section.boolean(name).unwrap_or(false);
        let user = |name: &str| User::of(section.get(name)?.values()?, 0);
        let timed = |script: &str, timeout: &str| {
            let seconds = section.integer(timeout).and_then(|s| u64::try_from(s).ok());
            let timeout = Duration::from_secs(seconds.unwrap_or(10));
            section.command(script).map(|command| (command.clone(), timeout))
        };
        let notify_fifo = fifo(section, "notify_fifo", "notify_fifo_script");
        let vrrp_notify_fifo = fifo(section, "vrrp_notify_fifo", "vrrp_notify_fifo_script");
        let mut other = |fifo: Option<Fifo>| {
            let fifo = fifo?;
            if notify_fifo.as_ref().is_none_or(|all| all.path != fifo.path) {
                return Some(fifo);
            }
            let help = "notify_fifo gets these events too; remove this line";
            let message = format!("{} is the FIFO of notify_fifo", fifo.path);
            diagnostics.error(fifo.span, message, help);
            None
        };
        let vrrp_notify_fifo = other(vrrp_notify_fifo);
        let lvs_notify_fifo =
            other(self::fifo(section, "lvs_notify_fifo", "lvs_notify_fifo_script"));
        Self {
            router_id: text("router_id"),
            script_user: user("script_user"),
            has_script_security: section.has("enable_script_security"),
            startup_script: timed("startup_script", "startup_script_timeout"),
            shutdown_script: timed("shutdown_script", "shutdown_script_timeout"),
            umask: umask(section, diagnostics),
            json_version: match section.integer("json_version") {
                Some(2) => JsonVersion::V2,
                _ => JsonVersion::V1,
            },
            state_dump_file: text("state_dump_file"),
            stats_dump_file: text("stats_dump_file"),
            json_dump_file: text("json_dump_file"),
            mail: mail(section),
            mails_no_faults: section.has("no_email_faults"),
            notify_fifo,
            vrrp_notify_fifo,
            lvs_notify_fifo,
            repeats_states_on_reload: section.has("fifo_write_vrrp_states_on_reload"),
            startup_delay: section.duration("vrrp_startup_delay").unwrap_or_default(),
            delay_after_boot: section.duration("vrrp_delay_after_boot").unwrap_or_default(),
            defaults: Defaults::read(section),
            dynamic_interfaces: values("dynamic_interfaces").map(|values| values.at(0).is_some()),
            vrrp_garp_interval: section.duration("vrrp_garp_interval"),
            vrrp_gna_interval: section.duration("vrrp_gna_interval"),
            log_unknown_vrids: section.has("log_unknown_vrids"),
            disable_local_igmp: section.has("disable_local_igmp"),
            nftables: Nftables::read(section),
            rx_buffers: RxBuffers::read(section, diagnostics),
            vrrp_process: ProcessSettings::read(section, "vrrp"),
            bfd_process: ProcessSettings::read(section, "bfd"),
            checker_process: ProcessSettings::read(section, "checker"),
            max_auto_priority: values("max_auto_priority").map_or(0, |values| {
                let priority = values.at(0).and_then(Value::integer);
                priority.and_then(|priority| priority.try_into().ok()).unwrap_or(99)
            }),
            min_auto_priority_delay: section
                .integer("min_auto_priority_delay")
                .and_then(|microseconds| u64::try_from(microseconds).ok())
                .map_or(Duration::from_secs(1), Duration::from_micros),
            netlink_command_buffer: ReceiveBuffer::read(section, "vrrp_netlink_cmd_rcv_bufs"),
            netlink_monitor_buffer: ReceiveBuffer::read(section, "vrrp_netlink_monitor_rcv_bufs"),
            process_monitor_buffer: ReceiveBuffer::read(section, "process_monitor_rcv_bufs"),
            set_supplementary_groups: is_on("set_supplementary_groups"),
            reload_time_file: text("reload_time_file"),
            reload_repeat: section.has("reload_repeat"),
            reload_file: values("reload_file")
                .map(|values| values.at(0).and_then(Value::text).map(str::to_owned)),
            config_save_dir: text("config_save_dir"),
            data_use_instance: is_on("data_use_instance"),
            iproute_usr_dir: text("iproute_usr_dir"),
            iproute_etc_dir: text("iproute_etc_dir"),
        }
    }
}

fn fifo(section: &Section, name: &str, script: &str) -> Option<Fifo> {
    let entry = section.get(name)?;
    let values = entry.values()?;
    Some(Fifo {
        path: values.at(0)?.text()?.to_owned(),
        user: User::of(values, 1),
        span: entry.span,
        script: section.command(script).cloned(),
    })
}
