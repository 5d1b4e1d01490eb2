//! What may stand at the top level of the file.

use super::Kind::{Lines, Nothing, One, Optional};
use super::Scalar::{Choice, Interface};
use super::Support::{NoEffect, Works};
use super::bfd::BFD_INSTANCE;
use super::forms::{
    NOTHING, SECOND, STATIC_ADDRESS, TEXT, UNSIGNED, VIRTUAL_ROUTE, VIRTUAL_RULE, seconds,
};
use super::global::GLOBAL_DEFS;
use super::servers::{SSL, VIRTUAL_SERVER, VIRTUAL_SERVER_GROUP};
use super::vrrp::{
    GARP_GROUP, TRACK_FILE, TRACK_GROUP, VRRP_INSTANCE, VRRP_SCRIPT, VRRP_SYNC_GROUP,
    VRRP_TRACK_PROCESS,
};
use super::{Block, Form, Keyword, Kind, optional, required};

/// The file as a whole.
pub static ROOT: Block = Block {
    name: "",
    head: &NOTHING,
    keywords: &[
        Keyword::new("global_defs", Kind::Block(&GLOBAL_DEFS), Works, "settings of everything"),
        // The process and its surroundings.
        Keyword::new("net_namespace", One(TEXT), Works, "network namespace to work in"),
        Keyword::new(
            "net_namespace_ipvs",
            Optional(TEXT),
            Works,
            "network namespace of IPVS (no name: the first one)",
        ),
        Keyword::new(
            "namespace_with_ipsets",
            Nothing,
            NoEffect("nftables does this here"),
            "ipsets even in a namespace",
        ),
        Keyword::new("use_pid_dir", Nothing, Works, "PID files in a directory of their own"),
        Keyword::new("instance", One(TEXT), Works, "name of this daemon among several"),
        Keyword::new(
            "child_wait_time",
            One(UNSIGNED),
            NoEffect("one process, no children to wait for"),
            "seconds until children are killed at the end (default: 5)",
        ),
        // Interfaces.
        Keyword::new("linkbeat_use_polling", Nothing, Works, "poll the link of all interfaces"),
        Keyword::new(
            "linkbeat_interfaces",
            Lines(&LINKBEAT),
            Works,
            "interfaces whose link is polled, and how",
        ),
        Keyword::new(
            "interface_up_down_delays",
            Lines(&UP_DOWN_DELAYS),
            Works,
            "how long a link must stay up or down to count",
        ),
        // Addresses, routes and rules that are there all the time.
        Keyword::new(
            "static_ipaddress",
            Lines(&STATIC_ADDRESS),
            Works,
            "addresses to have from start to end",
        ),
        Keyword::new(
            "static_routes",
            Lines(&VIRTUAL_ROUTE),
            Works,
            "routes to have from start to end",
        ),
        Keyword::new(
            "static_rules",
            Lines(&VIRTUAL_RULE),
            Works,
            "policy rules to have from start to end",
        ),
        Keyword::new(
            "track_group",
            Kind::Block(&TRACK_GROUP),
            Works,
            "instances that fail with a static address, route or rule",
        ),
        // VRRP.
        Keyword::new("vrrp_instance", Kind::Block(&VRRP_INSTANCE), Works, "a virtual router"),
        Keyword::new(
            "vrrp_sync_group",
            Kind::Block(&VRRP_SYNC_GROUP),
            Works,
            "virtual routers that change state together",
        ),
        Keyword::new("vrrp_script", Kind::Block(&VRRP_SCRIPT), Works, "a check by a command"),
        Keyword::new(
            "vrrp_track_process",
            Kind::Block(&VRRP_TRACK_PROCESS),
            Works,
            "a check that processes run",
        ),
        Keyword::new("track_file", Kind::Block(&TRACK_FILE), Works, "a number kept in a file"),
        Keyword::old("vrrp_track_file", Kind::Block(&TRACK_FILE), Works, "track_file"),
        Keyword::new(
            "garp_group",
            Kind::Block(&GARP_GROUP),
            Works,
            "interfaces that share a limit on announcements",
        ),
        // Load balancing.
        Keyword::new("virtual_server", Kind::Block(&VIRTUAL_SERVER), Works, "an IPVS service"),
        Keyword::new(
            "virtual_server_group",
            Kind::Block(&VIRTUAL_SERVER_GROUP),
            Works,
            "addresses and marks that are one service",
        ),
        Keyword::new("SSL", Kind::Block(&SSL), Works, "certificate of SSL_GET"),
        // BFD.
        Keyword::new("bfd_instance", Kind::Block(&BFD_INSTANCE), Works, "a BFD session"),
    ],
};

static LINKBEAT: Form = Form::new(
    &[required("interface", Interface), optional("method", Choice(&["MII", "ETHTOOL", "IOCTL"]))],
    &[],
);

static UP_DOWN_DELAYS: Form = Form::new(
    &[
        required("interface", Interface),
        required("down", seconds(0, 255 * SECOND)),
        optional("up", seconds(0, 255 * SECOND)),
    ],
    &[],
);
