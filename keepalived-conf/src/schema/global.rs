//! `global_defs`.

use super::Kind::{Line, List, Names, Nothing, One, Optional, Script};
use super::Scalar::{Choice, Group4, Group6, Interface, Path};
use super::Support::{NoEffect, Works};
use super::forms::{
    FIFO, GARP_EXTRA_IF, INT, LVS_SYNC_DAEMON, LVS_TIMEOUTS, NOTHING, PORT, PROCESS_NAME, SECOND,
    SWITCH, TEXT, TIMER, UINT, UNSIGNED, USER, integer, seconds,
};
use super::{Block, Form, Keyword, Scalar, Support, optional, required};

const ONE_PROCESS: Support = NoEffect("one process, named director");
pub(super) const NO_SNMP: Support = NoEffect("no SNMP; see the metrics");
/// Of answers that did not fit: the table is read again. Addresses are watched by a socket of the system's size.
const READS_AGAIN: Support = NoEffect("what is lost is read again");
const NFTABLES: Support = NoEffect("nftables does this here");
const NO_DBUS: Support = NoEffect("no D-Bus; see the status socket");

pub(super) static GLOBAL_DEFS: Block = Block {
    name: "global_defs",
    head: &NOTHING,
    keywords: &[
        // Who we are, and names of processes.
        Keyword::new("router_id", One(TEXT), Works, "name in mails (default: the host's name)"),
        Keyword::new("process_names", Nothing, ONE_PROCESS, "a name for each process"),
        Keyword::new("process_name", One(PROCESS_NAME), ONE_PROCESS, "name of the parent"),
        Keyword::new("vrrp_process_name", One(PROCESS_NAME), Works, "name of the thread for VRRP"),
        Keyword::new("checker_process_name", One(PROCESS_NAME), ONE_PROCESS, "name for checks"),
        Keyword::old("lvs_process_name", One(PROCESS_NAME), ONE_PROCESS, "checker_process_name"),
        Keyword::new("bfd_process_name", One(PROCESS_NAME), Works, "name of the thread for BFD"),
        // Scripts.
        Keyword::new(
            "script_user",
            Line(&USER),
            Works,
            "who runs scripts (default: keepalived_script, else who runs the daemon)",
        ),
        Keyword::new(
            "enable_script_security",
            Nothing,
            Works,
            "root runs no script that others can change",
        ),
        Keyword::new(
            "use_symlink_paths",
            SWITCH,
            NoEffect("paths of scripts are used as they are written"),
            "do not resolve symbolic links in paths of scripts (default: off)",
        ),
        Keyword::new(
            "set_supplementary_groups",
            SWITCH,
            Works,
            "scripts get all groups of their user (default: off)",
        ),
        Keyword::new("startup_script", Script, Works, "run before all else"),
        Keyword::new(
            "startup_script_timeout",
            One(SCRIPT_SECONDS),
            Works,
            "seconds it may take (default: 10)",
        ),
        Keyword::new("shutdown_script", Script, Works, "run after all else"),
        Keyword::new(
            "shutdown_script_timeout",
            One(SCRIPT_SECONDS),
            Works,
            "seconds it may take (default: 10)",
        ),
        Keyword::new("umask", One(TEXT), Works, "rights that new files do not get"),
        // Reading the configuration.
        Keyword::new("include_check", List(INCLUDE_CHECKS), Works, "what is wrong with an include"),
        Keyword::new(
            "reload_check_config",
            Optional(Path),
            NoEffect("every reload is checked first"),
            "check a new configuration before it is taken",
        ),
        Keyword::new("reload_time_file", One(Path), Works, "file with the time of a reload"),
        Keyword::new("reload_repeat", Nothing, Works, "reload every day at that time"),
        Keyword::new("reload_file", Optional(Path), Works, "file that is there during a reload"),
        Keyword::new("config_save_dir", One(Path), Works, "folder for copies of what was read"),
        Keyword::new(
            "tmp_config_directory",
            One(Path),
            NoEffect("the configuration is kept in memory"),
            "folder for the configuration while it is used",
        ),
        Keyword::new(
            "random_seed",
            One(UNSIGNED),
            NoEffect("only the times of BFD packets are random, and are to be"),
            "beginning of the random numbers",
        ),
        // Files that are written.
        Keyword::new("state_dump_file", One(Path), Works, "where the state is written"),
        Keyword::new("stats_dump_file", One(Path), Works, "where the counters are written"),
        Keyword::new("json_dump_file", One(Path), Works, "where the state is written as JSON"),
        Keyword::new("json_version", One(integer(1, 2)), Works, "layout of the JSON (default: 1)"),
        Keyword::new("data_use_instance", SWITCH, Works, "the instance's name in names of files"),
        Keyword::new("iproute_usr_dir", One(Path), Works, "iproute2's names, as installed"),
        Keyword::new("iproute_etc_dir", One(Path), Works, "iproute2's names, as changed here"),
        // Interfaces.
        Keyword::new(
            "default_interface",
            One(Interface),
            Works,
            "interface of static addresses that name none (default: eth0)",
        ),
        Keyword::new(
            "dynamic_interfaces",
            Optional(Choice(&["allow_if_changes"])),
            Works,
            "interfaces may come later",
        ),
        Keyword::new("vmac_prefix", One(TEXT), Works, "beginning of VMAC names (default: vrrp)"),
        Keyword::new(
            "vmac_addr_prefix",
            One(TEXT),
            Works,
            "beginning of names of VMACs for addresses (default: vrrp)",
        ),
        Keyword::new("disable_local_igmp", Nothing, Works, "do not join 224.0.0.x by IGMP"),
        // Mail.
        Keyword::new("notification_email", Names, Works, "who gets mails"),
        Keyword::new(
            "notification_email_from",
            One(TEXT),
            Works,
            "sender of mails (default: user@host)",
        ),
        Keyword::new(
            "smtp_server",
            Line(&SMTP_SERVER),
            Works,
            "host that takes mails, and port (default: 25)",
        ),
        Keyword::new("smtp_helo_name", One(TEXT), Works, "name in HELO (default: the host's name)"),
        Keyword::new(
            "smtp_connect_timeout",
            One(integer(0, 4294)),
            Works,
            "seconds to connect and for each answer (default: 30)",
        ),
        Keyword::new("smtp_alert", SWITCH, Works, "send mails where nothing else is said"),
        Keyword::new("smtp_alert_vrrp", SWITCH, Works, "the same for VRRP only (default: off)"),
        Keyword::new("smtp_alert_checker", SWITCH, Works, "the same for checks only"),
        Keyword::new("no_email_faults", Nothing, Works, "no mail about faults"),
        Keyword::new(
            "no_checker_emails",
            SWITCH,
            NoEffect("mails are about servers only"),
            "mails about servers, not about each check",
        ),
        // FIFOs and other news.
        Keyword::new("notify_fifo", Line(&FIFO), Works, "FIFO for all events"),
        Keyword::new("notify_fifo_script", Script, Works, "started to read that FIFO"),
        Keyword::new("vrrp_notify_fifo", Line(&FIFO), Works, "FIFO for events of VRRP"),
        Keyword::new("vrrp_notify_fifo_script", Script, Works, "started to read that FIFO"),
        Keyword::new("lvs_notify_fifo", Line(&FIFO), Works, "FIFO for events of servers"),
        Keyword::new("lvs_notify_fifo_script", Script, Works, "started to read that FIFO"),
        Keyword::new(
            "vrrp_notify_priority_changes",
            SWITCH,
            Works,
            "changes of a priority are events (default: off)",
        ),
        Keyword::new(
            "fifo_write_vrrp_states_on_reload",
            Nothing,
            Works,
            "write all states to the FIFO after a reload",
        ),
        Keyword::new("rs_init_notifies", SWITCH, Works, "tell of servers at the start as well"),
        Keyword::new("checker_log_all_failures", SWITCH, Works, "log each check that fails"),
        // VRRP: the protocol.
        Keyword::new(
            "vrrp_version",
            One(integer(2, 3)),
            Works,
            "version of VRRP (default: 2; IPv6: 3)",
        ),
        Keyword::new(
            "vrrp_mcast_group4",
            One(Group4),
            Works,
            "group of IPv4 (default: 224.0.0.18)",
        ),
        Keyword::new("vrrp_mcast_group6", One(Group6), Works, "group of IPv6 (default: ff02::12)"),
        Keyword::new(
            "vrrp_down_timer_adverts",
            One(integer(1, 100)),
            Works,
            "intervals without an advertisement until the active router is down (default: 3)",
        ),
        Keyword::new(
            "vrrp_lower_prio_no_advert",
            SWITCH,
            Works,
            "do not answer a lower priority at once (default: off)",
        ),
        Keyword::new(
            "vrrp_higher_prio_send_advert",
            SWITCH,
            Works,
            "advertise once more before yielding (default: off)",
        ),
        Keyword::new(
            "vrrp_owner_ignore_adverts",
            SWITCH,
            Works,
            "the owner of the addresses listens to nobody (default: off)",
        ),
        Keyword::new(
            "vrrp_check_unicast_src",
            Nothing,
            NoEffect("that is always so"),
            "listen to unicast peers only",
        ),
        Keyword::new(
            "vrrp_skip_check_adv_addr",
            SWITCH,
            Works,
            "compare addresses only when the sender changes (default: off)",
        ),
        Keyword::new("v3_checksum_as_v2", SWITCH, Works, "IPv4 checksum of v3 as in v2"),
        Keyword::new("vrrp_strict", SWITCH, Works, "nothing that the RFC forbids (default: off)"),
        Keyword::new(
            "vrrp_startup_delay",
            One(seconds(1000, TIMER)),
            Works,
            "seconds to stay backup after the start (default: 0)",
        ),
        Keyword::new(
            "vrrp_delay_after_boot",
            One(seconds(1000, TIMER)),
            Works,
            "seconds to stay backup after the machine started (default: 0)",
        ),
        Keyword::new("log_unknown_vrids", Nothing, Works, "log routers that are not ours"),
        // VRRP: announcements of addresses.
        Keyword::new(
            "vrrp_garp_master_delay",
            One(integer(0, 4294)),
            Works,
            "seconds until the second burst; 0 for none (default: 5)",
        ),
        Keyword::new(
            "vrrp_garp_master_repeat",
            One(UNSIGNED),
            Works,
            "announcements per burst (default: 5)",
        ),
        Keyword::new(
            "vrrp_garp_master_refresh",
            One(UNSIGNED),
            Works,
            "seconds from refresh to refresh; 0 for none (default: 0)",
        ),
        Keyword::new(
            "vrrp_garp_master_refresh_repeat",
            One(UNSIGNED),
            Works,
            "announcements per refresh (default: 1)",
        ),
        Keyword::new(
            "vrrp_garp_lower_prio_delay",
            One(integer(0, 4294)),
            Works,
            "seconds until the second burst after a conflict (default: as garp_master_delay)",
        ),
        Keyword::new(
            "vrrp_garp_lower_prio_repeat",
            One(integer(0, INT)),
            Works,
            "announcements per burst after a conflict (default: as garp_master_repeat)",
        ),
        Keyword::new(
            "vrrp_garp_interval",
            One(seconds(1, TIMER)),
            Works,
            "least seconds between ARP announcements (default: 0)",
        ),
        Keyword::new(
            "vrrp_gna_interval",
            One(seconds(1, TIMER)),
            Works,
            "least seconds between IPv6 announcements (default: 0)",
        ),
        Keyword::new("vrrp_min_garp", SWITCH, Works, "announce once, without a second burst"),
        Keyword::new(
            "vrrp_garp_extra_if",
            Line(&GARP_EXTRA_IF),
            Works,
            "seconds between announcements of a VMAC on other interfaces",
        ),
        Keyword::old("vrrp_vmac_garp_intvl", Line(&GARP_EXTRA_IF), Works, "vrrp_garp_extra_if"),
        // VRRP: filters and buffers.
        Keyword::new("vrrp_iptables", Line(&IPTABLES), NFTABLES, "chains (default: INPUT OUTPUT)"),
        Keyword::new("vrrp_ipsets", Line(&IPSETS), NFTABLES, "sets of iptables; none for no sets"),
        Keyword::new("nftables", Optional(TEXT), Works, "table of nftables (default: keepalived)"),
        Keyword::new("nftables_priority", One(CHAIN), Works, "place of our chains (default: -1)"),
        Keyword::new("nftables_ifindex", Nothing, Works, "match interfaces by their number"),
        Keyword::new("nftables_counters", Nothing, Works, "count what the rules match"),
        Keyword::new(
            "vrrp_rx_bufs_policy",
            Line(&RX_BUFS_POLICY),
            Works,
            "what sockets have room for: MTU, ADVERT or octets",
        ),
        Keyword::new(
            "vrrp_rx_bufs_multiplier",
            One(integer(1, UINT)),
            Works,
            "advertisements that sockets have room for (default: 3)",
        ),
        // The process for VRRP.
        Keyword::new("vrrp_priority", One(NICE), Works, "niceness of VRRP (default: 0)"),
        Keyword::new("vrrp_no_swap", Nothing, Works, "keep VRRP in memory"),
        Keyword::new("vrrp_rt_priority", One(REAL_TIME), Works, "real-time priority of VRRP"),
        Keyword::new("vrrp_cpu_affinity", List(PROCESSOR), Works, "processors for VRRP"),
        Keyword::new(
            "vrrp_rlimit_rttime",
            One(BURST),
            Works,
            "longest real-time run, in microseconds",
        ),
        Keyword::old("vrrp_rlimit_rtime", One(BURST), Works, "vrrp_rlimit_rttime"),
        // The process for checks.
        Keyword::new("checker_priority", One(NICE), Works, "niceness of checks (default: 0)"),
        Keyword::new("checker_no_swap", Nothing, Works, "keep checks in memory"),
        Keyword::new("checker_rt_priority", One(REAL_TIME), Works, "real-time priority of checks"),
        Keyword::new("checker_cpu_affinity", List(PROCESSOR), Works, "processors for checks"),
        Keyword::new(
            "checker_rlimit_rttime",
            One(BURST),
            Works,
            "longest real-time run, in microseconds",
        ),
        Keyword::old("checker_rlimit_rtime", One(BURST), Works, "checker_rlimit_rttime"),
        // The process for BFD.
        Keyword::new("bfd_priority", One(NICE), Works, "niceness of BFD (default: 0)"),
        Keyword::new("bfd_no_swap", Nothing, Works, "keep BFD in memory"),
        Keyword::new("bfd_rt_priority", One(REAL_TIME), Works, "real-time priority of BFD"),
        Keyword::new("bfd_cpu_affinity", List(PROCESSOR), Works, "processors for BFD"),
        Keyword::new(
            "bfd_rlimit_rttime",
            One(BURST),
            Works,
            "longest real-time run, in microseconds",
        ),
        Keyword::old("bfd_rlimit_rtime", One(BURST), Works, "bfd_rlimit_rttime"),
        // Real time that raises itself.
        Keyword::new(
            "max_auto_priority",
            Optional(integer(-1, 99)),
            Works,
            "greatest real-time priority taken when late; -1 for never (default: 0)",
        ),
        Keyword::new(
            "min_auto_priority_delay",
            One(integer(1, 10_000_000)),
            Works,
            "how late that is, in microseconds (default: 1000000)",
        ),
        // Buffers of netlink.
        Keyword::new(
            "vrrp_netlink_cmd_rcv_bufs",
            One(UNSIGNED),
            Works,
            "buffer for answers, in octets",
        ),
        Keyword::new(
            "vrrp_netlink_cmd_rcv_bufs_force",
            SWITCH,
            NoEffect("requests are cut so that their answers fit"),
            "even above the system's limit",
        ),
        Keyword::new(
            "vrrp_netlink_monitor_rcv_bufs",
            One(UNSIGNED),
            Works,
            "buffer for events, in octets",
        ),
        Keyword::new(
            "vrrp_netlink_monitor_rcv_bufs_force",
            SWITCH,
            Works,
            "even above the system's limit",
        ),
        Keyword::new(
            "lvs_netlink_cmd_rcv_bufs",
            One(UNSIGNED),
            READS_AGAIN,
            "buffer for answers, in octets",
        ),
        Keyword::new(
            "lvs_netlink_cmd_rcv_bufs_force",
            SWITCH,
            READS_AGAIN,
            "even above the system's limit",
        ),
        Keyword::new(
            "lvs_netlink_monitor_rcv_bufs",
            One(UNSIGNED),
            READS_AGAIN,
            "buffer for events, in octets",
        ),
        Keyword::new(
            "lvs_netlink_monitor_rcv_bufs_force",
            SWITCH,
            READS_AGAIN,
            "even above the system's limit",
        ),
        Keyword::new(
            "process_monitor_rcv_bufs",
            One(UNSIGNED),
            Works,
            "buffer for events of processes, in octets",
        ),
        Keyword::new(
            "process_monitor_rcv_bufs_force",
            SWITCH,
            Works,
            "even above the system's limit",
        ),
        // IPVS.
        Keyword::new(
            "lvs_timeouts",
            Line(&LVS_TIMEOUTS),
            Works,
            "seconds until idle connections are forgotten",
        ),
        Keyword::new(
            "lvs_sync_daemon",
            Line(&LVS_SYNC_DAEMON),
            Works,
            "share the state of connections with a peer",
        ),
        Keyword::new("lvs_flush", Nothing, Works, "begin with an empty IPVS table"),
        Keyword::new(
            "lvs_flush_on_stop",
            Optional(Choice(&["VS"])),
            Works,
            "leave an empty IPVS table, or one without our services",
        ),
        Keyword::old("lvs_flush_onstop", Optional(Choice(&["VS"])), Works, "lvs_flush_on_stop"),
        Keyword::new(
            "nftables_ipvs",
            Optional(TEXT),
            Works,
            "table that marks groups of services (default: keepalived_ipvs)",
        ),
        Keyword::new(
            "nftables_ipvs_priority",
            One(CHAIN),
            Works,
            "place of its chains (default: -1)",
        ),
        Keyword::new(
            "nftables_ipvs_start_fwmark",
            One(integer(1, UINT)),
            Works,
            "first mark it gives (default: 1000)",
        ),
        // SNMP and D-Bus.
        Keyword::new("snmp_socket", One(TEXT), NO_SNMP, "where the SNMP agent listens"),
        Keyword::new("enable_traps", Nothing, NO_SNMP, "send traps"),
        Keyword::new("enable_snmp_vrrp", Nothing, NO_SNMP, "keepalived's tables of VRRP"),
        Keyword::old("enable_snmp_keepalived", Nothing, NO_SNMP, "enable_snmp_vrrp"),
        Keyword::new("enable_snmp_checker", Nothing, NO_SNMP, "keepalived's tables of servers"),
        Keyword::new("enable_snmp_rfc", Nothing, NO_SNMP, "the tables of both RFCs"),
        Keyword::new("enable_snmp_rfcv2", Nothing, NO_SNMP, "the tables of RFC 2787"),
        Keyword::new("enable_snmp_rfcv3", Nothing, NO_SNMP, "the tables of RFC 6527"),
        Keyword::new(
            "snmp_vs_stats_update_interval",
            One(seconds(1000, 30 * SECOND)),
            NO_SNMP,
            "greatest age of services' counters, in seconds (default: 5)",
        ),
        Keyword::new(
            "snmp_rs_stats_update_interval",
            One(seconds(1000, 30 * SECOND)),
            NO_SNMP,
            "the same for servers (default: as for services)",
        ),
        Keyword::new("enable_dbus", Nothing, NO_DBUS, "be on D-Bus"),
        Keyword::new("dbus_service_name", One(TEXT), NO_DBUS, "name on D-Bus"),
        Keyword::new("dbus_no_interface_name", One(TEXT), NO_DBUS, "stands for no interface"),
    ],
};

const SCRIPT_SECONDS: Scalar = integer(1, 1000);
const NICE: Scalar = integer(-20, 19);
const REAL_TIME: Scalar = integer(1, 99);
/// Microseconds; 10000 when nothing is said.
const BURST: Scalar = integer(1, UINT);
/// `CPU_SETSIZE` of the C library, less one.
const PROCESSOR: Scalar = integer(0, 1023);
/// Where a chain of nftables stands among others.
const CHAIN: Scalar = integer(i32::MIN as i64, INT);

const INCLUDE_CHECKS: Scalar = Choice(&[
    "read",
    "+read",
    "-read",
    "readable",
    "+readable",
    "-readable",
    "match",
    "+match",
    "-match",
    "wildcard_match",
    "+wildcard_match",
    "-wildcard_match",
    "brace_match",
    "+brace_match",
    "-brace_match",
]);

static SMTP_SERVER: Form = Form::new(&[required("host", TEXT), optional("port", PORT)], &[]);

/// One of the two.
static RX_BUFS_POLICY: Form =
    Form::new(&[optional("policy", Choice(&["MTU", "ADVERT"])), optional("octets", UNSIGNED)], &[]);

static IPTABLES: Form = Form::new(&[optional("in", TEXT), optional("out", TEXT)], &[]);

static IPSETS: Form = Form::new(
    &[
        optional("IPv4 addresses", TEXT),
        optional("IPv6 addresses", TEXT),
        optional("IPv6 addresses and interfaces", TEXT),
        optional("IGMP", TEXT),
        optional("MLD", TEXT),
        optional("ND", TEXT),
    ],
    &[],
);
