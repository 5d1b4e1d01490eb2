//! `global_defs`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::announcing::Announcing;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{CommandLine, Entry, Section, Value, Values};

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

/// Where mails go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// `notification_email`.
    pub recipients: Vec<String>,
    /// `notification_email_from`.
    pub from: Option<String>,
    /// `smtp_server`.
    pub server: Option<MailServer>,
    /// `smtp_helo_name`.
    pub helo_name: Option<String>,
    /// `smtp_connect_timeout`.
    pub timeout: Option<Duration>,
}

/// `smtp_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailServer {
    /// A name or an address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
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

/// What instances have that say nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defaults {
    /// `vrrp_version`.
    pub version: u8,
    /// `vrrp_mcast_group4`.
    pub group4: Option<Ipv4Addr>,
    /// `vrrp_mcast_group6`.
    pub group6: Option<Ipv6Addr>,
    /// `vrrp_garp_…`.
    pub announcing: Announcing,
    /// `vrrp_down_timer_adverts`.
    pub down_timer_adverts: u8,
    /// `vrrp_lower_prio_no_advert`.
    pub lower_prio_no_advert: bool,
    /// `vrrp_higher_prio_send_advert`.
    pub higher_prio_send_advert: bool,
    /// `vrrp_owner_ignore_adverts`.
    pub owner_ignore_adverts: bool,
    /// `vrrp_skip_check_adv_addr`.
    pub skip_check_adv_addr: bool,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: bool,
    /// `smtp_alert_vrrp`, or `smtp_alert`.
    pub smtp_alert: bool,
    /// `vrrp_notify_priority_changes`.
    pub tells_priority: bool,
    /// `default_interface`.
    pub interface: Option<String>,
    /// `vmac_prefix`.
    pub vmac_prefix: Option<String>,
    /// `vmac_addr_prefix`.
    pub vmac_addr_prefix: Option<String>,
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
    /// `fifo_write_vrrp_states_on_reload`.
    pub repeats_states_on_reload: bool,
    /// `vrrp_startup_delay`.
    pub startup_delay: Duration,
    /// `vrrp_delay_after_boot`.
    pub delay_after_boot: Duration,
    /// What instances have that say nothing else.
    pub defaults: Defaults,
}

impl Global {
    pub(super) fn read(section: &Section, diagnostics: &mut Diagnostics) -> Self {
        let text = |name: &str| section.text(name).map(str::to_owned);
        let user = |name: &str| User::of(section.get(name)?.values()?, 0);
        let timed = |script: &str, timeout: &str| {
            let seconds = section.integer(timeout).and_then(|s| u64::try_from(s).ok());
            let timeout = Duration::from_secs(seconds.unwrap_or(10));
            section.command(script).map(|command| (command.clone(), timeout))
        };
        let notify_fifo = fifo(section, "notify_fifo", "notify_fifo_script");
        let vrrp_notify_fifo = fifo(section, "vrrp_notify_fifo", "vrrp_notify_fifo_script");
        if let (Some(all), Some(vrrp)) = (&notify_fifo, &vrrp_notify_fifo)
            && all.path == vrrp.path
        {
            let help = "notify_fifo gets these events too; remove this line";
            let message = format!("{} is the FIFO of notify_fifo", vrrp.path);
            diagnostics.error(vrrp.span, message, help);
        }
        let vrrp_notify_fifo = vrrp_notify_fifo
            .filter(|vrrp| notify_fifo.as_ref().is_none_or(|all| all.path != vrrp.path));
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
            repeats_states_on_reload: section.has("fifo_write_vrrp_states_on_reload"),
            startup_delay: section.duration("vrrp_startup_delay").unwrap_or_default(),
            delay_after_boot: section.duration("vrrp_delay_after_boot").unwrap_or_default(),
            defaults: Defaults::read(section),
        }
    }
}

impl Defaults {
    fn read(section: &Section) -> Self {
        let is_on = |name: &str| section.boolean(name).unwrap_or(false);
        let group4 = section.address("vrrp_mcast_group4");
        let group6 = section.address("vrrp_mcast_group6");
        let mut announcing = Announcing::default();
        if is_on("vrrp_min_garp") {
            announcing.delay = Duration::ZERO;
            announcing.repeat = 1;
            announcing.lower_prio_delay = Duration::ZERO;
            announcing.lower_prio_repeat = 1;
        }
        announcing.read(section, "vrrp_garp");
        Self {
            version: if section.integer("vrrp_version") == Some(3) { 3 } else { 2 },
            group4: group4.and_then(|group| match group {
                std::net::IpAddr::V4(group) => Some(group),
                std::net::IpAddr::V6(_) => None,
            }),
            group6: group6.and_then(|group| match group {
                std::net::IpAddr::V6(group) => Some(group),
                std::net::IpAddr::V4(_) => None,
            }),
            announcing,
            down_timer_adverts: section
                .integer("vrrp_down_timer_adverts")
                .and_then(|count| count.try_into().ok())
                .unwrap_or(3),
            lower_prio_no_advert: is_on("vrrp_lower_prio_no_advert"),
            higher_prio_send_advert: is_on("vrrp_higher_prio_send_advert"),
            owner_ignore_adverts: is_on("vrrp_owner_ignore_adverts"),
            skip_check_adv_addr: is_on("vrrp_skip_check_adv_addr"),
            v3_checksum_as_v2: is_on("v3_checksum_as_v2"),
            smtp_alert: section
                .boolean("smtp_alert_vrrp")
                .or(section.boolean("smtp_alert"))
                .unwrap_or(false),
            tells_priority: is_on("vrrp_notify_priority_changes"),
            interface: section.text("default_interface").map(str::to_owned),
            vmac_prefix: section.text("vmac_prefix").map(str::to_owned),
            vmac_addr_prefix: section.text("vmac_addr_prefix").map(str::to_owned),
        }
    }
}

/// A number in octal, decimal or hexadecimal, or names of mode bits with `|` between them.
fn umask(section: &Section, diagnostics: &mut Diagnostics) -> Option<u32> {
    const BITS: [(&str, u32); 9] = [
        ("IRUSR", 0o400),
        ("IWUSR", 0o200),
        ("IXUSR", 0o100),
        ("IRGRP", 0o040),
        ("IWGRP", 0o020),
        ("IXGRP", 0o010),
        ("IROTH", 0o004),
        ("IWOTH", 0o002),
        ("IXOTH", 0o001),
    ];
    let entry = section.get("umask")?;
    let word = entry.values()?.at(0)?.text()?;
    let number = match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if word.starts_with('0') => u32::from_str_radix(word, 8).ok(),
        None => word.parse().ok(),
    };
    let bit = |name: &str| BITS.iter().find(|(bit, _)| *bit == name).map(|(_, value)| value);
    let named = || word.split('|').map(bit).try_fold(0, |mask, bit| Some(mask | bit?));
    let mask = number.filter(|mask| *mask <= 0o777).or_else(named);
    if mask.is_none() {
        let help = "allowed are 0 to 0777, or names like IWGRP|IWOTH";
        diagnostics.error(entry.span, format!("umask is {word}"), help);
    }
    mask
}

fn mail(section: &Section) -> Mail {
    let server = section.get("smtp_server").and_then(Entry::values).and_then(|values| {
        let port = values.at(1).and_then(Value::integer).unwrap_or(25);
        Some(MailServer {
            host: values.at(0)?.text()?.to_owned(),
            port: port.try_into().unwrap_or(25),
        })
    });
    let timeout = section.duration("smtp_connect_timeout").or_else(|| {
        let seconds = section.integer("smtp_connect_timeout")?;
        Some(Duration::from_secs(seconds.try_into().ok()?))
    });
    Mail {
        recipients: section.names("notification_email").map(|name| name.text.clone()).collect(),
        from: section.text("notification_email_from").map(str::to_owned),
        server,
        helo_name: section.text("smtp_helo_name").map(str::to_owned),
        timeout: timeout.map(|timeout| timeout.max(Duration::from_secs(1))),
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
