//! Virtual routers, their groups, and what they track.

use super::Kind::{Line, Lines, List, Names, Nothing, One, Optional, OptionalScript, Script};
use super::Scalar::{Address, Choice, Group, Interface, Path, Secret};
use super::Support::{NoEffect, Works};
use super::forms::{
    GARP_EXTRA_IF_OR_OFF, INT, NAME, NOTHING, SECOND, SWITCH, TEXT, TIMER, TRACK, TRACK_254,
    TRACK_INTERFACE, UNICAST_PEER, UNSIGNED, USE_IPVLAN, USE_VMAC, USER, VIRTUAL_ADDRESS,
    VIRTUAL_ROUTE, VIRTUAL_RULE, WEIGHT, WEIGHT_254, integer, seconds,
};
use super::{Block, Form, Keyword, Kind, Scalar, option, optional, required};

pub(super) static VRRP_SYNC_GROUP: Block = Block {
    name: "vrrp_sync_group",
    head: &NAME,
    keywords: &[
        Keyword::new("group", Names, Works, "its instances"),
        Keyword::new("track_interface", Lines(&TRACK_INTERFACE), Works, "interfaces they need"),
        Keyword::new("track_script", Lines(&TRACK), Works, "scripts they need"),
        Keyword::new("track_file", Lines(&TRACK_254), Works, "files they need"),
        Keyword::new("track_process", Lines(&TRACK_254), Works, "processes they need"),
        Keyword::new("track_bfd", Lines(&TRACK), Works, "BFD sessions they need"),
        Keyword::new("notify_master", Script, Works, "run when the group becomes master"),
        Keyword::new("notify_backup", Script, Works, "run when the group becomes backup"),
        Keyword::new("notify_fault", Script, Works, "run when the group fails"),
        Keyword::new("notify_stop", Script, Works, "run when the group ends"),
        Keyword::new("notify", Script, Works, "run on every change, with four more arguments"),
        Keyword::new("smtp_alert", SWITCH, Works, "mails about changes (default: global)"),
        Keyword::new(
            "notify_priority_changes",
            SWITCH,
            Works,
            "changes of a member's priority are events (default: global)",
        ),
        Keyword::new(
            "sync_group_tracking_weight",
            Nothing,
            Works,
            "weights of what is tracked count in the group",
        ),
        Keyword::new(
            "global_tracking",
            Nothing,
            NoEffect("the old meaning is the default"),
            "members share what they track",
        ),
    ],
};

pub(super) static VRRP_INSTANCE: Block = Block {
    name: "vrrp_instance",
    head: &NAME,
    keywords: &[
        // Identity and election.
        Keyword::new(
            "state",
            One(Choice(&["MASTER", "BACKUP"])),
            Works,
            "the state it wants (default: BACKUP)",
        ),
        Keyword::new("interface", One(Interface), Works, "where it advertises"),
        Keyword::new("vrf", One(Interface), Works, "VRF to use without an interface"),
        Keyword::new("virtual_router_id", One(integer(1, 255)), Works, "VRID; required"),
        Keyword::new(
            "priority",
            One(integer(1, 255)),
            Works,
            "base priority; 255 owns the addresses (default: 100)",
        ),
        Keyword::new(
            "advert_int",
            One(seconds(10_000, 255 * SECOND)),
            Works,
            "seconds between advertisements (default: 1)",
        ),
        Keyword::new(
            "version",
            One(integer(2, 3)),
            Works,
            "version of VRRP (default: global; IPv6: 3)",
        ),
        Keyword::new("native_ipv6", Nothing, Works, "IPv6, whatever the addresses are"),
        Keyword::new("preempt", Nothing, Works, "replace a lower priority; the default"),
        Keyword::new("nopreempt", Nothing, Works, "leave a lower priority in place"),
        Keyword::new(
            "preempt_delay",
            One(seconds(0, 1000 * SECOND)),
            Works,
            "seconds before a lower priority is replaced (default: 0)",
        ),
        Keyword::new(
            "down_timer_adverts",
            One(integer(1, 100)),
            Works,
            "intervals without an advertisement until the active router is down (default: 3)",
        ),
        Keyword::new(
            "lower_prio_no_advert",
            SWITCH,
            Works,
            "do not answer a lower priority at once (default: global)",
        ),
        Keyword::new(
            "higher_prio_send_advert",
            SWITCH,
            Works,
            "advertise once more before yielding (default: global)",
        ),
        Keyword::new(
            "owner_ignore_adverts",
            SWITCH,
            Works,
            "the owner of the addresses listens to nobody (default: global)",
        ),
        Keyword::new(
            "timer_expired_backup",
            Optional(integer(1, 254)),
            Works,
            "yield after a delay in which others took over",
        ),
        Keyword::old(
            "thread_timer_expired",
            Optional(integer(1, 254)),
            Works,
            "timer_expired_backup",
        ),
        Keyword::new(
            "strict_mode",
            SWITCH,
            Works,
            "nothing that the RFC forbids (default: global)",
        ),
        // Addresses, routes and rules.
        Keyword::new("virtual_ipaddress", Lines(&VIRTUAL_ADDRESS), Works, "advertised addresses"),
        Keyword::new(
            "virtual_ipaddress_excluded",
            Lines(&VIRTUAL_ADDRESS),
            Works,
            "addresses that are not advertised",
        ),
        Keyword::new("no_virtual_ipaddress", Nothing, Works, "it has no virtual address"),
        Keyword::new("virtual_routes", Lines(&VIRTUAL_ROUTE), Works, "routes of the master"),
        Keyword::new("virtual_rules", Lines(&VIRTUAL_RULE), Works, "policy rules of the master"),
        Keyword::new("promote_secondaries", Nothing, Works, "keep secondary addresses"),
        Keyword::new("accept", Nothing, Works, "answer on the addresses; the default"),
        Keyword::new("no_accept", Nothing, Works, "do not answer on others' addresses"),
        // Interfaces.
        Keyword::new("use_vmac", Line(&USE_VMAC), Works, "use the virtual MAC address"),
        Keyword::new("use_vmac_addr", Nothing, Works, "also for addresses on other interfaces"),
        Keyword::new("vmac_xmit_base", Nothing, Works, "advertise on the interface below"),
        Keyword::new("use_ipvlan", Line(&USE_IPVLAN), Works, "use an ipvlan interface"),
        Keyword::new("linkbeat_use_polling", Nothing, Works, "use linkbeat_interfaces instead"),
        Keyword::new(
            "lvs_sync_daemon_interface",
            One(Interface),
            Works,
            "use lvs_sync_daemon of global_defs instead",
        ),
        Keyword::new("kernel_rx_buf_size", One(UNSIGNED), Works, "room of the socket, in octets"),
        // The network.
        Keyword::new("mcast_src_ip", One(Address), Works, "address to advertise from"),
        Keyword::new("unicast_src_ip", One(Address), Works, "the same, without multicast"),
        Keyword::new("mcast_dst_ip", One(Group), Works, "group (default: global)"),
        Keyword::new("unicast_peer", Lines(&UNICAST_PEER), Works, "routers to advertise to"),
        Keyword::new("unicast_fault_no_peer", Nothing, Works, "without a peer it has failed"),
        Keyword::new("unicast_ttl", One(integer(0, 255)), Works, "TTL to peers (default: 255)"),
        Keyword::new(
            "check_unicast_src",
            Nothing,
            NoEffect("that is always so"),
            "listen to peers only",
        ),
        Keyword::new(
            "old_unicast_checksum",
            Optional(Choice(&["never"])),
            Works,
            "checksum of keepalived before 1.3.7 (default: as the peers do)",
        ),
        Keyword::new(
            "v3_checksum_as_v2",
            SWITCH,
            Works,
            "IPv4 checksum of v3 as in v2 (default: global)",
        ),
        Keyword::new(
            "skip_check_adv_addr",
            SWITCH,
            Works,
            "compare addresses only when the sender changes (default: global)",
        ),
        Keyword::new(
            "authentication",
            Kind::Block(&AUTHENTICATION),
            Works,
            "authentication of version 2",
        ),
        Keyword::new("auth_hmac", Kind::Block(&AUTH_HMAC), Works, "authentication by HMAC-SHA256"),
        // What it tracks.
        Keyword::new("track_src_ip", Nothing, Works, "without its own address it has failed"),
        Keyword::new("dont_track_primary", Nothing, Works, "it lives on without its interface"),
        Keyword::new("track_interface", Lines(&TRACK_INTERFACE), Works, "interfaces it needs"),
        Keyword::new("track_script", Lines(&TRACK), Works, "scripts it needs"),
        Keyword::new("track_file", Lines(&TRACK_254), Works, "files it needs"),
        Keyword::new("track_process", Lines(&TRACK_254), Works, "processes it needs"),
        Keyword::new("track_bfd", Lines(&TRACK), Works, "BFD sessions it needs"),
        // Who is told.
        Keyword::new("notify_master", Script, Works, "run when it becomes master"),
        Keyword::new("notify_backup", Script, Works, "run when it becomes backup"),
        Keyword::new("notify_fault", Script, Works, "run when it fails"),
        Keyword::new("notify_stop", Script, Works, "run when it ends"),
        Keyword::new(
            "notify_deleted",
            OptionalScript,
            Works,
            "run, instead of notify_fault, when a reload removes it",
        ),
        Keyword::new(
            "notify_master_rx_lower_pri",
            Script,
            Works,
            "run when the master hears a lower priority",
        ),
        Keyword::new("notify", Script, Works, "run on every change, with four more arguments"),
        Keyword::new(
            "notify_priority_changes",
            SWITCH,
            Works,
            "changes of its priority are events (default: global)",
        ),
        Keyword::new("smtp_alert", SWITCH, Works, "mails about changes (default: global)"),
        Keyword::new(
            "debug",
            One(integer(0, 4)),
            NoEffect("the log level is that of the whole daemon"),
            "how much is logged",
        ),
        // Announcements of its addresses.
        Keyword::new(
            "garp_master_delay",
            One(integer(0, 4294)),
            Works,
            "seconds until the second burst; 0 for none (default: global)",
        ),
        Keyword::new(
            "garp_master_repeat",
            One(UNSIGNED),
            Works,
            "announcements per burst (default: global)",
        ),
        Keyword::new(
            "garp_master_refresh",
            One(UNSIGNED),
            Works,
            "seconds from refresh to refresh; 0 for none (default: global)",
        ),
        Keyword::new(
            "garp_master_refresh_repeat",
            One(UNSIGNED),
            Works,
            "announcements per refresh (default: global)",
        ),
        Keyword::new(
            "garp_lower_prio_delay",
            One(integer(0, 4294)),
            Works,
            "seconds until the second burst after a conflict (default: global)",
        ),
        Keyword::new(
            "garp_lower_prio_repeat",
            One(integer(0, INT)),
            Works,
            "announcements per burst after a conflict (default: global)",
        ),
        Keyword::new(
            "garp_extra_if",
            Line(&GARP_EXTRA_IF_OR_OFF),
            Works,
            "seconds between announcements of a VMAC on other interfaces; 0 for none",
        ),
        Keyword::old("vmac_garp_intvl", Line(&GARP_EXTRA_IF_OR_OFF), Works, "garp_extra_if"),
    ],
};

static AUTHENTICATION: Block = Block {
    name: "authentication",
    head: &NOTHING,
    keywords: &[
        Keyword::new(
            "auth_type",
            One(Choice(&["PASS", "AH"])),
            Works,
            "a password in clear, or an authentication header",
        ),
        Keyword::new("auth_pass", One(Secret), Works, "the secret; its first 8 octets count"),
    ],
};

static AUTH_HMAC: Block = Block {
    name: "auth_hmac",
    head: &NOTHING,
    keywords: &[
        Keyword::new("key", Line(&HMAC_KEY), Works, "number and octets of a key"),
        Keyword::new("active_key", One(KEY_ID), Works, "number of the key to send with"),
        Keyword::new(
            "time_window",
            One(integer(1, 300)),
            Works,
            "seconds a message is fresh (default: 3 intervals, at least 5)",
        ),
        Keyword::new(
            "anti_replay",
            One(Choice(&["time", "monotonic"])),
            Works,
            "what tells old from new (default: time)",
        ),
        Keyword::new(
            "mode",
            One(Choice(&["enforce", "permissive", "receive-only"])),
            Works,
            "what is taken and sent without it (default: enforce)",
        ),
    ],
};

const KEY_ID: Scalar = integer(1, 255);

/// The octets are 32 to 64: as they are, after `hex:`, or in a file named after `file:`.
static HMAC_KEY: Form = Form::new(&[required("number", KEY_ID), required("key", Secret)], &[]);

pub(super) static VRRP_SCRIPT: Block = Block {
    name: "vrrp_script",
    head: &NAME,
    keywords: &[
        Keyword::new("script", Script, Works, "what is run; success is the exit status 0"),
        // Zero is the default.
        Keyword::new(
            "interval",
            One(seconds(0, TIMER)),
            Works,
            "seconds from start to start (default: 1)",
        ),
        Keyword::new(
            "timeout",
            One(seconds(1000, TIMER)),
            Works,
            "seconds after which it has failed (default: the interval)",
        ),
        Keyword::new("weight", Line(&WEIGHT), Works, "change of priority; 0 for a fault"),
        Keyword::new(
            "rise",
            One(integer(1, INT)),
            Works,
            "successes that make it good (default: 1)",
        ),
        Keyword::new("fall", One(integer(1, INT)), Works, "failures that make it bad (default: 1)"),
        Keyword::new("user", Line(&USER), Works, "who runs it (default: script_user)"),
        Keyword::new("init_fail", Nothing, Works, "bad until it was good once"),
    ],
};

pub(super) static VRRP_TRACK_PROCESS: Block = Block {
    name: "vrrp_track_process",
    head: &NAME,
    keywords: &[
        Keyword::new("process", List(TEXT), Works, "name of the process, then its arguments"),
        Keyword::new(
            "param_match",
            Optional(Choice(&["exact", "initial", "partial"])),
            Works,
            "how arguments are compared (default: exact)",
        ),
        Keyword::new("full_command", Nothing, Works, "compare the command line, not the name"),
        Keyword::new("weight", Line(&WEIGHT_254), Works, "change of priority; 0 for a fault"),
        Keyword::new("quorum", One(integer(1, 65535)), Works, "least processes (default: 1)"),
        Keyword::new("quorum_max", One(integer(0, 65535)), Works, "most processes"),
        Keyword::new("fork_delay", One(HOUR), Works, "seconds until a new one counts"),
        Keyword::new("terminate_delay", One(HOUR), Works, "seconds until the end of one counts"),
        Keyword::new("delay", One(HOUR), Works, "both of these delays"),
    ],
};

/// Up to an hour.
const HOUR: Scalar = seconds(1, 3600 * SECOND);

pub(super) static TRACK_FILE: Block = Block {
    name: "track_file",
    head: &NAME,
    keywords: &[
        Keyword::new("file", One(Path), Works, "the file; it begins with a number"),
        Keyword::new("weight", Line(&WEIGHT_254), Works, "factor; 0 for a fault (default: 1)"),
        Keyword::new("init_file", Line(&INIT_FILE), Works, "make the file at the start"),
    ],
};

static INIT_FILE: Form =
    Form::new(&[optional("value", integer(-INT - 1, INT))], &[option(&["overwrite"], &[], Works)]);

pub(super) static TRACK_GROUP: Block = Block {
    name: "track_group",
    head: &NAME,
    keywords: &[Keyword::new("group", Names, Works, "its instances")],
};

pub(super) static GARP_GROUP: Block = Block {
    name: "garp_group",
    head: &NOTHING,
    keywords: &[
        Keyword::new("garp_interval", One(seconds(0, TIMER)), Works, "seconds between ARPs"),
        Keyword::new("gna_interval", One(seconds(0, TIMER)), Works, "the same for IPv6"),
        Keyword::new("interface", One(Interface), Works, "one of its interfaces"),
        Keyword::new("interfaces", Names, Works, "its interfaces"),
    ],
};
