//! Services of IPVS and the servers behind them.

use super::Kind::{Line, Nothing, One, Optional, Script};
use super::Scalar::{Address, Choice, ChoiceAnyCase, Path, Secret, Text};
use super::Support::NotYet;
use super::checkers::{
    BFD_CHECK, DNS_CHECK, FILE_CHECK, HTTP_GET, MISC_CHECK, PING_CHECK, SMTP_CHECK, SSL_GET,
    TCP_CHECK, UDP_CHECK,
};
use super::forms::{
    CONNECT, INT, LONG, LVS_METHOD, LVS_SECONDS, MARK, NAME, NOTHING, SERVER, SERVICE, SWITCH,
    TEXT, UINT, UNSIGNED, integer, seconds,
};
use super::{Block, Form, Keyword, Kind, Scalar, optional, required};

pub(super) static SSL: Block = Block {
    name: "SSL",
    head: &NOTHING,
    keywords: &[
        Keyword::new("password", One(Secret), NotYet, "password of the private key"),
        Keyword::new("ca", One(Path), NotYet, "certificates of authorities"),
        Keyword::new("certificate", One(Path), NotYet, "our certificate"),
        Keyword::new("key", One(Path), NotYet, "our private key"),
    ],
};

/// The keyword without a name stands for every line that begins with an address.
pub(super) static VIRTUAL_SERVER_GROUP: Block = Block {
    name: "virtual_server_group",
    head: &NAME,
    keywords: &[
        Keyword::new("fwmark", Line(&GROUP_MARK), NotYet, "packets with this mark"),
        Keyword::new("", Line(&GROUP_ADDRESSES), NotYet, "packets to these addresses"),
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
            NotYet,
            "family of a service by mark or group",
        ),
        Keyword::new(
            "protocol",
            One(ChoiceAnyCase(&["TCP", "UDP", "SCTP"])),
            NotYet,
            "what it balances (default: UDP)",
        ),
        Keyword::new("lvs_sched", One(SCHEDULER), NotYet, "scheduler (default: wlc)"),
        Keyword::old("lb_algo", One(SCHEDULER), NotYet, "lvs_sched"),
        Keyword::new("lvs_method", Line(&LVS_METHOD), NotYet, "how it forwards (default: NAT)"),
        Keyword::old("lb_kind", Line(&LVS_METHOD), NotYet, "lvs_method"),
        Keyword::new("ops", Nothing, NotYet, "schedule every packet"),
        Keyword::new("hashed", Nothing, NotYet, "was never of use"),
        Keyword::new("flag-1", Nothing, NotYet, "first flag of the scheduler"),
        Keyword::new("flag-2", Nothing, NotYet, "second flag of the scheduler"),
        Keyword::new("flag-3", Nothing, NotYet, "third flag of the scheduler"),
        Keyword::new("sh-port", Nothing, NotYet, "sh hashes the port too; after lvs_sched"),
        Keyword::new("sh-fallback", Nothing, NotYet, "sh avoids servers that are down"),
        Keyword::new("mh-port", Nothing, NotYet, "mh hashes the port too; after lvs_sched"),
        Keyword::new("mh-fallback", Nothing, NotYet, "mh avoids servers that are down"),
        Keyword::new("persistence_engine", One(Text { max: 15 }), NotYet, "what clients share"),
        Keyword::new(
            "persistence_timeout",
            Optional(integer(1, LVS_SECONDS)),
            NotYet,
            "seconds a client keeps its server (no number: 360)",
        ),
        Keyword::new(
            "persistence_granularity",
            Line(&GRANULARITY),
            NotYet,
            "clients that keep a server together: a mask, or for IPv6 a length",
        ),
        Keyword::new("virtualhost", One(TEXT), NotYet, "host of HTTP requests"),
        Keyword::new("snmp_name", One(TEXT), NotYet, "name in SNMP"),
        Keyword::new("smtp_alert", SWITCH, NotYet, "mails about changes (default: global)"),
        Keyword::new("ha_suspend", Nothing, NotYet, "check only while the address is here"),
        // Its servers.
        Keyword::new("real_server", Kind::Block(&REAL_SERVER), NotYet, "a server"),
        Keyword::new("sorry_server", Line(&SERVER), NotYet, "the server without a quorum"),
        Keyword::new("sorry_server_inhibit", Nothing, NotYet, "it keeps a place, of weight 0"),
        Keyword::new(
            "sorry_server_lvs_method",
            Line(&LVS_METHOD),
            NotYet,
            "how it is forwarded to; after sorry_server",
        ),
        Keyword::new("weight", One(integer(1, INT)), NotYet, "weight of servers (default: 1)"),
        Keyword::new("inhibit_on_failure", Nothing, NotYet, "servers stay, with weight 0"),
        // The quorum.
        Keyword::new("alpha", Nothing, NotYet, "servers are down until a check succeeds"),
        Keyword::new("omega", Nothing, NotYet, "servers go down at the end"),
        Keyword::new("quorum", One(integer(1, UINT)), NotYet, "least sum of weights (default: 1)"),
        Keyword::new("hysteresis", One(UNSIGNED), NotYet, "distance from the quorum (default: 0)"),
        Keyword::new("quorum_up", Script, NotYet, "run when there is a quorum"),
        Keyword::new("quorum_down", Script, NotYet, "run when there is none"),
        // What checks have that say nothing else.
        Keyword::new(
            "delay_loop",
            One(seconds(1, LONG)),
            NotYet,
            "seconds between checks (default: 60)",
        ),
        Keyword::new("connect_timeout", One(CONNECT), NotYet, "seconds to connect (default: 5)"),
        Keyword::new("retry", One(integer(1, UINT)), NotYet, "failures that do not count"),
        Keyword::new(
            "delay_before_retry",
            One(seconds(0, LONG)),
            NotYet,
            "seconds after such a failure",
        ),
        Keyword::new(
            "warmup",
            One(seconds(0, LONG)),
            NotYet,
            "most seconds before the first check (default: delay_loop)",
        ),
    ],
};

static REAL_SERVER: Block = Block {
    name: "real_server",
    head: &SERVER,
    keywords: &[
        // The server.
        Keyword::new("weight", One(integer(0, INT)), NotYet, "its weight (default: the service's)"),
        Keyword::new("lvs_method", Line(&LVS_METHOD), NotYet, "how it is forwarded to"),
        Keyword::new(
            "uthreshold",
            One(UNSIGNED),
            NotYet,
            "most connections (default: 0, no limit)",
        ),
        Keyword::new("lthreshold", One(UNSIGNED), NotYet, "when it takes new ones again"),
        Keyword::new("inhibit_on_failure", SWITCH, NotYet, "it stays when down, with weight 0"),
        Keyword::new("alpha", SWITCH, NotYet, "it is down until a check succeeds"),
        Keyword::new("notify_up", Script, NotYet, "run when it comes up"),
        Keyword::new("notify_down", Script, NotYet, "run when it goes down"),
        Keyword::new("smtp_alert", SWITCH, NotYet, "mails about it (default: the service's)"),
        Keyword::new("virtualhost", One(TEXT), NotYet, "host of HTTP requests"),
        Keyword::new("snmp_name", One(TEXT), NotYet, "name in SNMP"),
        // What its checks have that say nothing else.
        Keyword::new("delay_loop", One(seconds(1, LONG)), NotYet, "seconds between checks"),
        Keyword::new("connect_timeout", One(CONNECT), NotYet, "seconds to connect"),
        Keyword::new("retry", One(integer(1, UINT)), NotYet, "failures that do not count"),
        Keyword::new(
            "delay_before_retry",
            One(seconds(0, LONG)),
            NotYet,
            "seconds after such a failure",
        ),
        Keyword::new(
            "warmup",
            One(seconds(0, LONG)),
            NotYet,
            "most seconds before the first check",
        ),
        // Its checks.
        Keyword::new("TCP_CHECK", Kind::Block(&TCP_CHECK), NotYet, "a connection"),
        Keyword::new("HTTP_GET", Kind::Block(&HTTP_GET), NotYet, "an HTTP request"),
        Keyword::new("SSL_GET", Kind::Block(&SSL_GET), NotYet, "an HTTPS request"),
        Keyword::new("MISC_CHECK", Kind::Block(&MISC_CHECK), NotYet, "a command"),
        Keyword::new("SMTP_CHECK", Kind::Block(&SMTP_CHECK), NotYet, "a greeting by SMTP"),
        Keyword::new("DNS_CHECK", Kind::Block(&DNS_CHECK), NotYet, "a question by DNS"),
        Keyword::new("UDP_CHECK", Kind::Block(&UDP_CHECK), NotYet, "a datagram"),
        Keyword::new("PING_CHECK", Kind::Block(&PING_CHECK), NotYet, "an ICMP echo"),
        Keyword::new("FILE_CHECK", Kind::Block(&FILE_CHECK), NotYet, "a number kept in a file"),
        Keyword::new("BFD_CHECK", Kind::Block(&BFD_CHECK), NotYet, "a BFD session"),
    ],
};

const SCHEDULER: Scalar = Choice(&[
    "rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos",
]);

/// One of the two.
static GRANULARITY: Form =
    Form::new(&[optional("length", integer(1, 128)), optional("mask", Address)], &[]);
