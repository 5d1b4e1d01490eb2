//! Keywords that stand where they do not belong, and those of older releases.
//!
//! The reader finds keywords of another block by itself; here is what it could not tell.

/// A keyword that is not one in this place, and what to do about it.
#[derive(Debug)]
pub(crate) struct Misplaced {
    /// As it is written.
    pub(crate) name: &'static str,
    /// The block it was found in: empty for the top level, `*` for any.
    pub(crate) where_found: &'static str,
    /// What to write.
    pub(crate) advice: &'static str,
}

/// What to write for a keyword that the block does not know.
pub(crate) fn misplaced(name: &str, block: &str) -> Option<&'static str> {
    let of = |place: &str| {
        let mut same_name = MISPLACED.iter().filter(|misplaced| misplaced.name == name);
        same_name.find(|misplaced| misplaced.where_found == place)
    };
    of(block).or_else(|| of("*")).map(|misplaced| misplaced.advice)
}

const fn at(where_found: &'static str, name: &'static str, advice: &'static str) -> Misplaced {
    Misplaced { name, where_found, advice }
}

const fn anywhere(name: &'static str, advice: &'static str) -> Misplaced {
    at("*", name, advice)
}

const IN_GLOBAL_DEFS: &str = "move it into global_defs { }";
const AT_TOP: &str = "move it out of global_defs, to the top level";
const IN_URL: &str = "move it into url { }";
const IN_INSTANCE: &str = "move it into each vrrp_instance";
const IN_SCRIPT: &str = "move it into the vrrp_script; track_script only names it";
const IN_REAL_SERVER: &str = "move it into each real_server";
const IN_VIRTUAL_SERVER: &str = "move it out of real_server, into the virtual_server";
const IN_CHECK: &str = "move it into the check, such as TCP_CHECK { }";
const NOT_CLOSED: &str = "it stands at the top level; close the block above with } first";
const RETRY: &str = "write retry NUMBER";
const CHECK_WEIGHT: &str = "move it into the real_server; a check has no weight";

pub(crate) static MISPLACED: &[Misplaced] = &[
    // Removed, or known only with a patch.
    anywhere("lvs_id", "write router_id NAME in global_defs"),
    anywhere("nat_mask", "remove it; NAT needs no mask"),
    anywhere(
        "lvs_sync_daemon_inteface",
        "write lvs_sync_daemon INTERFACE inst INSTANCE in global_defs",
    ),
    anywhere("vrrp_unicast_bind", "write unicast_src_ip ADDRESS in the vrrp_instance"),
    anywhere("vrrp_unicast_peer", "write unicast_peer { ADDRESS } in the vrrp_instance"),
    anywhere("script_security", "write enable_script_security in global_defs"),
    // Names that keepalived's manual has, and its parser has not.
    anywhere("state_dump_file_location", "write state_dump_file FILE in global_defs"),
    anywhere("stats_dump_file_location", "write stats_dump_file FILE in global_defs"),
    anywhere("json_dump_file_location", "write json_dump_file FILE in global_defs"),
    at("FILE_CHECK", "dynamic", "remove it; the file sets the weight unless weight is 0"),
    // Blocks of the top level that are in another block, mostly because that is not closed.
    anywhere("global_defs", NOT_CLOSED),
    anywhere("static_ipaddress", NOT_CLOSED),
    anywhere("static_routes", NOT_CLOSED),
    anywhere("static_rules", NOT_CLOSED),
    anywhere("vrrp_sync_group", NOT_CLOSED),
    anywhere("vrrp_instance", NOT_CLOSED),
    anywhere("vrrp_track_process", NOT_CLOSED),
    anywhere("virtual_server", NOT_CLOSED),
    anywhere("bfd_instance", NOT_CLOSED),
    anywhere("vrrp_script", "define it at the top level; name it in track_script { NAME }"),
    at("vrrp_instance", "static_ipaddress", "write virtual_ipaddress { ADDRESS dev INTERFACE }"),
    at("vrrp_instance", "static_routes", "write virtual_routes { NETWORK via GATEWAY }"),
    at("vrrp_instance", "static_rules", "write virtual_rules { from NETWORK table NUMBER }"),
    at(
        "virtual_server",
        "virtual_server_group",
        "define it at the top level; write virtual_server group NAME { }",
    ),
    // At the top level instead of in a block.
    at("", "lvs_sync_daemon", IN_GLOBAL_DEFS),
    at("", "router_id", IN_GLOBAL_DEFS),
    at("", "notification_email", IN_GLOBAL_DEFS),
    at("", "notification_email_from", IN_GLOBAL_DEFS),
    at("", "smtp_server", IN_GLOBAL_DEFS),
    at("", "smtp_connect_timeout", IN_GLOBAL_DEFS),
    at("", "smtp_helo_name", IN_GLOBAL_DEFS),
    at("", "smtp_alert", IN_GLOBAL_DEFS),
    at("", "script_user", IN_GLOBAL_DEFS),
    at("", "enable_script_security", IN_GLOBAL_DEFS),
    at("", "notify_fifo", IN_GLOBAL_DEFS),
    at("", "vrrp_strict", IN_GLOBAL_DEFS),
    at("", "vrrp_version", IN_GLOBAL_DEFS),
    at("", "version", "write vrrp_version 2 or 3 in global_defs"),
    at("", "track_script", "write vrrp_script NAME { } to define one"),
    at("", "track_process", "write vrrp_track_process NAME { } to define one"),
    at("", "track_bfd", "write bfd_instance NAME { } to define one"),
    at("", "virtual_ipaddress", IN_INSTANCE),
    at("", "virtual_routes", "write static_routes, or move it into a vrrp_instance"),
    at("", "virtual_rules", "write static_rules, or move it into a vrrp_instance"),
    at("", "authentication", IN_INSTANCE),
    at("", "real_server", "move it into a virtual_server ADDRESS PORT { }"),
    // In global_defs instead of at the top level, or of in an instance.
    at("global_defs", "net_namespace", AT_TOP),
    at("global_defs", "net_namespace_ipvs", AT_TOP),
    at("global_defs", "namespace_with_ipsets", AT_TOP),
    at("global_defs", "instance", AT_TOP),
    at("global_defs", "use_pid_dir", AT_TOP),
    at("global_defs", "child_wait_time", AT_TOP),
    at("global_defs", "linkbeat_use_polling", AT_TOP),
    at("global_defs", "mcast_src_ip", IN_INSTANCE),
    at("global_defs", "unicast_src_ip", IN_INSTANCE),
    at("global_defs", "unicast_peer", IN_INSTANCE),
    at("global_defs", "advert_int", IN_INSTANCE),
    at("global_defs", "nopreempt", IN_INSTANCE),
    at("global_defs", "authentication", IN_INSTANCE),
    at("global_defs", "lvs_sync_daemon_interface", "write lvs_sync_daemon INTERFACE inst INSTANCE"),
    // Names that are others for all instances and for one.
    at("global_defs", "version", "write vrrp_version 2 or 3"),
    at("global_defs", "strict_mode", "write vrrp_strict"),
    at("global_defs", "mcast_dst_ip", "write vrrp_mcast_group4 or vrrp_mcast_group6 ADDRESS"),
    at("global_defs", "garp_master_delay", "write vrrp_garp_master_delay SECONDS"),
    at("global_defs", "garp_master_repeat", "write vrrp_garp_master_repeat NUMBER"),
    at("global_defs", "garp_master_refresh", "write vrrp_garp_master_refresh SECONDS"),
    at("global_defs", "garp_master_refresh_repeat", "write vrrp_garp_master_refresh_repeat NUMBER"),
    at("global_defs", "garp_lower_prio_delay", "write vrrp_garp_lower_prio_delay SECONDS"),
    at("global_defs", "garp_lower_prio_repeat", "write vrrp_garp_lower_prio_repeat NUMBER"),
    at("global_defs", "garp_interval", "write vrrp_garp_interval SECONDS"),
    at("global_defs", "gna_interval", "write vrrp_gna_interval SECONDS"),
    at("global_defs", "garp_extra_if", "write vrrp_garp_extra_if SECONDS"),
    at("global_defs", "down_timer_adverts", "write vrrp_down_timer_adverts NUMBER"),
    at("global_defs", "lower_prio_no_advert", "write vrrp_lower_prio_no_advert"),
    at("global_defs", "higher_prio_send_advert", "write vrrp_higher_prio_send_advert"),
    at("global_defs", "owner_ignore_adverts", "write vrrp_owner_ignore_adverts"),
    at("global_defs", "check_unicast_src", "write vrrp_check_unicast_src"),
    at("global_defs", "skip_check_adv_addr", "write vrrp_skip_check_adv_addr"),
    at("global_defs", "notify_priority_changes", "write vrrp_notify_priority_changes"),
    at("vrrp_instance", "vrrp_version", "write version 2 or 3"),
    at("vrrp_instance", "vrrp_strict", "write strict_mode"),
    at("vrrp_instance", "vrrp_mcast_group4", "write mcast_dst_ip ADDRESS"),
    at("vrrp_instance", "vrrp_mcast_group6", "write mcast_dst_ip ADDRESS"),
    at("vrrp_instance", "vrrp_garp_master_delay", "write garp_master_delay SECONDS"),
    at("vrrp_instance", "vrrp_garp_master_repeat", "write garp_master_repeat NUMBER"),
    at("vrrp_instance", "vrrp_garp_master_refresh", "write garp_master_refresh SECONDS"),
    at(
        "vrrp_instance",
        "vrrp_garp_master_refresh_repeat",
        "write garp_master_refresh_repeat NUMBER",
    ),
    at("vrrp_instance", "vrrp_garp_lower_prio_delay", "write garp_lower_prio_delay SECONDS"),
    at("vrrp_instance", "vrrp_garp_lower_prio_repeat", "write garp_lower_prio_repeat NUMBER"),
    at("vrrp_instance", "vrrp_garp_extra_if", "write garp_extra_if SECONDS"),
    at("vrrp_instance", "vrrp_down_timer_adverts", "write down_timer_adverts NUMBER"),
    at("vrrp_instance", "vrrp_lower_prio_no_advert", "write lower_prio_no_advert"),
    at("vrrp_instance", "vrrp_higher_prio_send_advert", "write higher_prio_send_advert"),
    at("vrrp_instance", "vrrp_owner_ignore_adverts", "write owner_ignore_adverts"),
    at("vrrp_instance", "vrrp_check_unicast_src", "write check_unicast_src"),
    at("vrrp_instance", "vrrp_skip_check_adv_addr", "write skip_check_adv_addr"),
    at("vrrp_instance", "vrrp_notify_priority_changes", "write notify_priority_changes"),
    // In an instance.
    at("vrrp_instance", "auth_type", "write authentication { auth_type PASS … } around it"),
    at("vrrp_instance", "auth_pass", "write authentication { auth_pass … } around it"),
    at(
        "vrrp_instance",
        "garp_interval",
        "write vrrp_garp_interval in global_defs, or a garp_group",
    ),
    at("vrrp_instance", "gna_interval", "write vrrp_gna_interval in global_defs, or a garp_group"),
    at("vrrp_instance", "script", IN_SCRIPT),
    at("vrrp_instance", "interval", IN_SCRIPT),
    at("vrrp_instance", "timeout", IN_SCRIPT),
    at("vrrp_instance", "rise", IN_SCRIPT),
    at("vrrp_instance", "fall", IN_SCRIPT),
    at("vrrp_instance", "weight", "write it after the name: track_script { NAME weight NUMBER }"),
    at("vrrp_instance", "user", "write the user after the command: notify_master \"COMMAND\" USER"),
    at(
        "vrrp_instance",
        "script_user",
        "write the user after the command, or move it to global_defs",
    ),
    at(
        "vrrp_instance",
        "lvs_sync_daemon",
        "write lvs_sync_daemon INTERFACE inst INSTANCE in global_defs",
    ),
    at(
        "vrrp_instance",
        "group",
        "write vrrp_sync_group NAME { group { INSTANCE … } } at the top level",
    ),
    // In a sync group.
    at("vrrp_sync_group", "state", IN_INSTANCE),
    at("vrrp_sync_group", "interface", IN_INSTANCE),
    at("vrrp_sync_group", "virtual_router_id", IN_INSTANCE),
    at("vrrp_sync_group", "priority", IN_INSTANCE),
    at("vrrp_sync_group", "advert_int", IN_INSTANCE),
    at("vrrp_sync_group", "preempt", IN_INSTANCE),
    at("vrrp_sync_group", "nopreempt", IN_INSTANCE),
    at("vrrp_sync_group", "preempt_delay", IN_INSTANCE),
    at("vrrp_sync_group", "authentication", IN_INSTANCE),
    at("vrrp_sync_group", "virtual_ipaddress", IN_INSTANCE),
    at("vrrp_sync_group", "notify_deleted", IN_INSTANCE),
    at("vrrp_sync_group", "notify_master_rx_lower_pri", IN_INSTANCE),
    // In a script.
    at("vrrp_script", "script_user", "write user USER"),
    at("vrrp_script", "priority", "write weight NUMBER"),
    at("vrrp_script", "retry", "write fall NUMBER"),
    at("vrrp_script", "delay", "write interval SECONDS"),
    at("vrrp_script", "delay_loop", "write interval SECONDS"),
    // In a virtual server.
    at("virtual_server", "notify_up", "write quorum_up, or move it into each real_server"),
    at("virtual_server", "notify_down", "write quorum_down, or move it into each real_server"),
    at("virtual_server", "uthreshold", IN_REAL_SERVER),
    at("virtual_server", "lthreshold", IN_REAL_SERVER),
    at("virtual_server", "nb_get_retry", RETRY),
    at("virtual_server", "TCP_CHECK", IN_REAL_SERVER),
    at("virtual_server", "HTTP_GET", IN_REAL_SERVER),
    at("virtual_server", "SSL_GET", IN_REAL_SERVER),
    at("virtual_server", "MISC_CHECK", IN_REAL_SERVER),
    at("virtual_server", "SMTP_CHECK", IN_REAL_SERVER),
    at("virtual_server", "DNS_CHECK", IN_REAL_SERVER),
    at("virtual_server", "UDP_CHECK", IN_REAL_SERVER),
    at("virtual_server", "PING_CHECK", IN_REAL_SERVER),
    at("virtual_server", "FILE_CHECK", IN_REAL_SERVER),
    at("virtual_server", "BFD_CHECK", IN_REAL_SERVER),
    // In a real server.
    at("real_server", "lb_kind", "write lvs_method NAT, DR or TUN"),
    at("real_server", "lb_algo", IN_VIRTUAL_SERVER),
    at("real_server", "lvs_sched", IN_VIRTUAL_SERVER),
    at("real_server", "protocol", IN_VIRTUAL_SERVER),
    at("real_server", "persistence_timeout", IN_VIRTUAL_SERVER),
    at("real_server", "persistence_granularity", IN_VIRTUAL_SERVER),
    at("real_server", "sorry_server", IN_VIRTUAL_SERVER),
    at("real_server", "quorum", IN_VIRTUAL_SERVER),
    at("real_server", "hysteresis", IN_VIRTUAL_SERVER),
    at("real_server", "ha_suspend", IN_VIRTUAL_SERVER),
    at("real_server", "omega", IN_VIRTUAL_SERVER),
    at("real_server", "quorum_up", "write notify_up, or move it into the virtual_server"),
    at("real_server", "quorum_down", "write notify_down, or move it into the virtual_server"),
    at("real_server", "real_server", "close the real_server above with } first"),
    at("real_server", "nb_get_retry", RETRY),
    at("real_server", "connect_ip", IN_CHECK),
    at("real_server", "connect_port", IN_CHECK),
    at("real_server", "bindto", IN_CHECK),
    at("real_server", "bind_port", IN_CHECK),
    at("real_server", "misc_path", "write MISC_CHECK { misc_path \"COMMAND\" }"),
    at("real_server", "misc_timeout", "move it into MISC_CHECK { }"),
    at("real_server", "misc_dynamic", "move it into MISC_CHECK { }"),
    at("real_server", "url", "write HTTP_GET { url { … } }, or SSL_GET"),
    // In a check.
    at("HTTP_GET", "path", IN_URL),
    at("HTTP_GET", "digest", IN_URL),
    at("HTTP_GET", "status_code", IN_URL),
    at("HTTP_GET", "regex", IN_URL),
    at("HTTP_GET", "tls_compliant", "write SSL_GET instead of HTTP_GET, or remove it"),
    at("SSL_GET", "path", IN_URL),
    at("SSL_GET", "digest", IN_URL),
    at("SSL_GET", "status_code", IN_URL),
    at("SSL_GET", "regex", IN_URL),
    at("url", "retry", "move it out of url, into the check"),
    at("url", "nb_get_retry", "write retry NUMBER outside of url"),
    at("url", "connect_timeout", "move it out of url, into the check"),
    at("url", "connect_port", "move it out of url, into the check"),
    at("url", "delay_before_retry", "move it out of url, into the check"),
    at("TCP_CHECK", "nb_get_retry", RETRY),
    at("SMTP_CHECK", "nb_get_retry", RETRY),
    at("DNS_CHECK", "nb_get_retry", RETRY),
    at("UDP_CHECK", "nb_get_retry", RETRY),
    at("PING_CHECK", "nb_get_retry", RETRY),
    at("MISC_CHECK", "nb_get_retry", RETRY),
    at("host", "nb_get_retry", RETRY),
    at("TCP_CHECK", "weight", CHECK_WEIGHT),
    at("HTTP_GET", "weight", CHECK_WEIGHT),
    at("SSL_GET", "weight", CHECK_WEIGHT),
    at("SMTP_CHECK", "weight", CHECK_WEIGHT),
    at("DNS_CHECK", "weight", CHECK_WEIGHT),
    at("UDP_CHECK", "weight", CHECK_WEIGHT),
    at("PING_CHECK", "weight", CHECK_WEIGHT),
    at("MISC_CHECK", "weight", "write misc_dynamic, or move it into the real_server"),
    at("MISC_CHECK", "connect_timeout", "write misc_timeout SECONDS"),
    at("MISC_CHECK", "connect_port", "give the port to the command in misc_path"),
    at("MISC_CHECK", "script", "write misc_path \"COMMAND\""),
    at("MISC_CHECK", "timeout", "write misc_timeout SECONDS"),
    at("MISC_CHECK", "interval", "write delay_loop SECONDS"),
    at("SMTP_CHECK", "smtp_helo_name", "write helo_name NAME"),
];
