//! Services of IPVS and the servers behind them.

use super::Kind::{Line, Nothing, One, Optional, Script};
use super::Scalar::{Address, Choice, ChoiceAnyCase, Path, Secret, Text};
use super::Support::{NoEffect, Works};
use super::checkers::{
    BFD_CHECK, DNS_CHECK, FILE_CHECK, HTTP_GET, MISC_CHECK, PING_CHECK, SMTP_CHECK, SSL_GET,
    TCP_CHECK, UDP_CHECK,
};
use super::forms::{
    CONNECT, INT, LONG, LVS_METHOD, LVS_SECONDS, MARK, NAME, NOTHING, SERVER, SERVICE, SWITCH,
    TEXT, UINT, UNSIGNED, integer, seconds,
};
use super::global::NO_SNMP;
use super::{Block, Form, Keyword, Kind, Scalar, optional, required};

pub(super) static SSL: Block = Block {
    name: "SSL",
    head: &NOTHING,
    keywords: &[
        Keyword::new("password", One(Secret), Works, "password of the private key"),
        Keyword::new("ca", One(Path), Works, "certificates of authorities"),
        Keyword::new("certificate", One(Path), Works, "our certificate"),
        Keyword::new("key", One(Path), Works, "our private key"),
    ],
};

/// The keyword without a name stands for every line that begins with an address.
pub(super) static VIRTUAL_SERVER_GROUP: Block = Block {
    name: "virtual_server_group",
    head: &NAME,
    keywords: &[
        Keyword::new("fwmark", Line(&GROUP_MARK), Works, "packets with this mark"),
        Keyword::new("", Line(&GROUP_ADDRESSES), Works, "packets to these addresses"),
    ],
};

static GROUP_MARK: Form =
    Form::new(&[required("mark", MARK), optional("family", Choice(&["inet", "inet6"]))], &[]);

static GROUP_ADDRESSES: Form =
    Form::new(&[required("addresses", Scalar::Range), optional("port", integer(0, 65535))], &[]);

pub(super) static VIRTUAL_SERVER: Block = Block {
    name: "virtual_server",
    head: &SERVICE,
    keywords: &[
        // The service.
        Keyword::new(
            "ip_family",
            One(Choice(&["inet", "inet6"])),
            Works,
            "family of a service by mark or group",
        ),
        Keyword::new(
            "protocol",
            One(ChoiceAnyCase(&["TCP", "UDP", "SCTP"])),
            Works,
            "what it balances (default: UDP)",
        ),
        Keyword::new("lvs_sched", One(SCHEDULER), Works, "scheduler (default: wlc)"),
        Keyword::old("lb_algo", One(SCHEDULER), Works, "lvs_sched"),
        Keyword::new("lvs_method", Line(&LVS_METHOD), Works, "how it forwards (default: NAT)"),
        Keyword::old("lb_kind", Line(&LVS_METHOD), Works, "lvs_method"),
        Keyword::new("ops", Nothing, Works, "schedule every packet"),
        Keyword::new(
            "hashed",
            Nothing,
            NoEffect("keepalived reads it and does nothing"),
            "was never of use",
        ),
        Keyword::new("flag-1", Nothing, Works, "first flag of the scheduler"),
        Keyword::new("flag-2", Nothing, Works, "second flag of the scheduler"),
        Keyword::new("flag-3", Nothing, Works, "third flag of the scheduler"),
        Keyword::new("sh-port", Nothing, Works, "sh hashes the port too; after lvs_sched"),
        Keyword::new("sh-fallback", Nothing, Works, "sh avoids servers that are down"),
        Keyword::new("mh-port", Nothing, Works, "mh hashes the port too; after lvs_sched"),
        Keyword::new("mh-fallback", Nothing, Works, "mh avoids servers that are down"),
        Keyword::new("persistence_engine", One(Text { max: 15 }), Works, "what clients share"),
        Keyword::new(
            "persistence_timeout",
            Optional(integer(1, LVS_SECONDS)),
            Works,
            "seconds a client keeps its server (no number: 360)",
        ),
        Keyword::new(
            "persistence_granularity",
            Line(&GRANULARITY),
            Works,
            "clients that keep a server together: a mask, or for IPv6 a length",
        ),
        Keyword::new("virtualhost", One(TEXT), Works, "host of HTTP requests"),
        Keyword::new("snmp_name", One(TEXT), NO_SNMP, "name in SNMP"),
        Keyword::new("smtp_alert", SWITCH, Works, "mails about changes (default: global)"),
        Keyword::new("ha_suspend", Nothing, Works, "check only while the address is here"),
        // Its servers.
        Keyword::new("real_server", Kind::Block(&REAL_SERVER), Works, "a server"),
        Keyword::new("sorry_server", Line(&SERVER), Works, "the server without a quorum"),
        Keyword::new("sorry_server_inhibit", Nothing, Works, "it keeps a place, of weight 0"),
        Keyword::new(
            "sorry_server_lvs_method",
            Line(&LVS_METHOD),
            Works,
            "how it is forwarded to; after sorry_server",
        ),
        Keyword::new("weight", One(integer(1, INT)), Works, "weight of servers (default: 1)"),
        Keyword::new("inhibit_on_failure", Nothing, Works, "servers stay, with weight 0"),
        // The quorum.
        Keyword::new("alpha", Nothing, Works, "servers are down until a check succeeds"),
        Keyword::new("omega", Nothing, Works, "servers go down at the end"),
        Keyword::new("quorum", One(integer(1, UINT)), Works, "least sum of weights (default: 1)"),
        Keyword::new("hysteresis", One(UNSIGNED), Works, "distance from the quorum (default: 0)"),
        Keyword::new("quorum_up", Script, Works, "run when there is a quorum"),
        Keyword::new("quorum_down", Script, Works, "run when there is none"),
        // What checks have that say nothing else.
        Keyword::new(
            "delay_loop",
            One(seconds(1, LONG)),
            Works,
            "seconds between checks (default: 60)",
        ),
        Keyword::new("connect_timeout", One(CONNECT), Works, "seconds to connect (default: 5)"),
        Keyword::new("retry", One(integer(1, UINT)), Works, "failures that do not count"),
        Keyword::new(
            "delay_before_retry",
            One(seconds(0, LONG)),
            Works,
            "seconds after such a failure",
        ),
        Keyword::new(
            "warmup",
            One(seconds(0, LONG)),
            Works,
            "most seconds before the first check (default: delay_loop)",
        ),
    ],
};

static REAL_SERVER: Block = Block {
    name: "real_server",
    head: &SERVER,
    keywords: &[
        // The server.
        Keyword::new("weight", One(integer(0, INT)), Works, "its weight (default: the service's)"),
        Keyword::new("lvs_method", Line(&LVS_METHOD), Works, "how it is forwarded to"),
        Keyword::new("uthreshold", One(UNSIGNED), Works, "most connections (default: 0, no limit)"),
        Keyword::new("lthreshold", One(UNSIGNED), Works, "when it takes new ones again"),
        Keyword::new("inhibit_on_failure", SWITCH, Works, "it stays when down, with weight 0"),
        Keyword::new("alpha", SWITCH, Works, "it is down until a check succeeds"),
        Keyword::new("notify_up", Script, Works, "run when it comes up"),
        Keyword::new("notify_down", Script, Works, "run when it goes down"),
        Keyword::new("smtp_alert", SWITCH, Works, "mails about it (default: the service's)"),
        Keyword::new("virtualhost", One(TEXT), Works, "host of HTTP requests"),
        Keyword::new("snmp_name", One(TEXT), NO_SNMP, "name in SNMP"),
        // What its checks have that say nothing else.
        Keyword::new("delay_loop", One(seconds(1, LONG)), Works, "seconds between checks"),
        Keyword::new("connect_timeout", One(CONNECT), Works, "seconds to connect"),
        Keyword::new("retry", One(integer(1, UINT)), Works, "failures that do not count"),
        Keyword::new(
            "delay_before_retry",
            One(seconds(0, LONG)),
            Works,
            "seconds after such a failure",
        ),
        Keyword::new("warmup", One(seconds(0, LONG)), Works, "most seconds before the first check"),
        // Its checks.
        Keyword::new("TCP_CHECK", Kind::Block(&TCP_CHECK), Works, "a connection"),
        Keyword::new("HTTP_GET", Kind::Block(&HTTP_GET), Works, "an HTTP request"),
        Keyword::new("SSL_GET", Kind::Block(&SSL_GET), Works, "an HTTPS request"),
        Keyword::new("MISC_CHECK", Kind::Block(&MISC_CHECK), Works, "a command"),
        Keyword::new("SMTP_CHECK", Kind::Block(&SMTP_CHECK), Works, "a greeting by SMTP"),
        Keyword::new("DNS_CHECK", Kind::Block(&DNS_CHECK), Works, "a question by DNS"),
        Keyword::new("UDP_CHECK", Kind::Block(&UDP_CHECK), Works, "a datagram"),
        Keyword::new("PING_CHECK", Kind::Block(&PING_CHECK), Works, "an ICMP echo"),
        Keyword::new("FILE_CHECK", Kind::Block(&FILE_CHECK), Works, "a number kept in a file"),
        Keyword::new("BFD_CHECK", Kind::Block(&BFD_CHECK), Works, "a BFD session"),
    ],
};

const SCHEDULER: Scalar = Choice(&[
    "rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos",
]);

/// One of the two.
static GRANULARITY: Form =
    Form::new(&[optional("length", integer(1, 128)), optional("mask", Address)], &[]);
