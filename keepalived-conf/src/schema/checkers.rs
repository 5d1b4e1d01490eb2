//! Checks of servers.

use super::Kind::{Line, List, Nothing, One, Optional, Script};
use super::Scalar::{Address, Choice, Hex, Interface, Text};
use super::Support::{NoEffect, Works};
use super::forms::{
    CONNECT, INT, LONG, MARK, NOTHING, PORT, SWITCH, TEXT, UNSIGNED, USER, integer, seconds,
};
use super::{Block, Form, Keyword, Kind, Scalar, option, required};

/// The keywords of every check that is repeated, then its own.
macro_rules! repeated {
    ($($own:expr),* $(,)?) => {
        &[
            Keyword::new("delay_loop", One(seconds(1, LONG)), Works, "seconds between checks"),
            Keyword::new(
                "retry",
                One(UNSIGNED),
                Works,
                "failures that do not count (default: 1; MISC_CHECK 0, DNS_CHECK 3)",
            ),
            Keyword::new(
                "delay_before_retry",
                One(seconds(0, LONG)),
                Works,
                "seconds after such a failure (default: 1; HTTP_GET 3, DNS_CHECK delay_loop)",
            ),
            Keyword::new(
                "warmup",
                One(seconds(0, LONG)),
                Works,
                "most seconds before the first check (default: delay_loop)",
            ),
            Keyword::new("alpha", SWITCH, Works, "it has failed until it succeeds"),
            Keyword::new("log_all_failures", SWITCH, Works, "log every failure"),
            $($own),*
        ]
    };
}

/// The keywords of every check over the network, then its own.
macro_rules! over_network {
    ($($own:expr),* $(,)?) => {
        repeated![
            Keyword::new("connect_ip", One(Address), Works, "address (default: the server's)"),
            Keyword::new("connect_port", One(PORT), Works, "port (default: the server's)"),
            Keyword::new("bindto", One(Address), Works, "our address"),
            Keyword::new("bind_port", One(PORT), Works, "our port"),
            Keyword::new("bind_if", One(Interface), Works, "our interface"),
            Keyword::new(
                "connect_timeout",
                One(CONNECT),
                Works,
                "seconds to connect and for each read (default: 5)",
            ),
            Keyword::new("fwmark", One(MARK), Works, "mark of our packets (default: 0)"),
            $($own),*
        ]
    };
}

/// The keywords of requests, by HTTP or HTTPS, then those of one of them.
macro_rules! request {
    ($url:ident $(, $own:expr)* $(,)?) => {
        over_network![
            Keyword::new("url", Kind::Block(&$url), Works, "what is asked for; one or more"),
            Keyword::new("virtualhost", One(TEXT), Works, "host of the request"),
            Keyword::new(
                "http_protocol",
                One(Choice(&["1.0", "1.0C", "1.1"])),
                Works,
                "version of the request (default: 1.0)",
            ),
            Keyword::new("enable_sni", SWITCH, Works, "name the host to TLS (default: off)"),
            Keyword::new("sni_name", One(TEXT), Works, "name this host to TLS"),
            Keyword::new("fast_recovery", SWITCH, Works, "all URLs at once when down"),
            Keyword::old("nb_get_retry", One(UNSIGNED), Works, "retry"),
            $($own),*
        ]
    };
}

/// The keywords of a URL, then those of HTTPS.
macro_rules! url {
    ($($own:expr),* $(,)?) => {
        &[
            Keyword::new("path", One(TEXT), Works, "path of the request; required"),
            Keyword::new("digest", One(Hex), Works, "MD5 of the body, in hexadecimal"),
            Keyword::new(
                "status_code",
                List(STATUS_CODES),
                Works,
                "good answers, as 200 or 200-299 (default: 200-299)",
            ),
            Keyword::new("virtualhost", One(TEXT), Works, "host of the request"),
            Keyword::new("regex", One(TEXT), Works, "what the body must match"),
            Keyword::new("regex_no_match", Nothing, Works, "the body must not match"),
            Keyword::new("regex_options", List(REGEX_OPTIONS), Works, "options of PCRE2"),
            Keyword::new("regex_min_offset", One(UNSIGNED), Works, "first octet of a match"),
            Keyword::new("regex_max_offset", One(UNSIGNED), Works, "end of where it may begin"),
            Keyword::new(
                "regex_stack",
                Line(&REGEX_STACK),
                NoEffect("no stack is used"),
                "stack of PCRE2, in octets",
            ),
            $($own),*
        ]
    };
}

pub(super) static TCP_CHECK: Block =
    Block { name: "TCP_CHECK", head: &NOTHING, keywords: over_network![] };

pub(super) static PING_CHECK: Block =
    Block { name: "PING_CHECK", head: &NOTHING, keywords: over_network![] };

pub(super) static HTTP_GET: Block =
    Block { name: "HTTP_GET", head: &NOTHING, keywords: request![HTTP_URL] };

static HTTP_URL: Block = Block { name: "url", head: &NOTHING, keywords: url![] };

pub(super) static SSL_GET: Block = Block {
    name: "SSL_GET",
    head: &NOTHING,
    keywords: request![
        SSL_URL,
        Keyword::new("tls_compliant", SWITCH, Works, "end TLS on both sides (default: off)"),
    ],
};

static SSL_URL: Block = Block {
    name: "url",
    head: &NOTHING,
    keywords: url![Keyword::new("tls_compliant", SWITCH, Works, "end TLS on both sides")],
};

/// `N` or `N-M`.
const STATUS_CODES: Scalar = Text { max: 7 };

const REGEX_OPTIONS: Scalar = Choice(&[
    "allow_empty_class",
    "alt_bsux",
    "auto_callout",
    "caseless",
    "dollar_endonly",
    "dotall",
    "dupnames",
    "extended",
    "firstline",
    "match_unset_backref",
    "multiline",
    "never_ucp",
    "never_utf",
    "no_auto_capture",
    "no_auto_possess",
    "no_dotstar_anchor",
    "no_start_optimize",
    "ucp",
    "ungreedy",
    "utf",
    "never_backslash_c",
    "alt_circumflex",
    "alt_verbnames",
    "use_offset_limit",
]);

static REGEX_STACK: Form =
    Form::new(&[required("start", UNSIGNED), required("max", UNSIGNED)], &[]);

pub(super) static SMTP_CHECK: Block = Block {
    name: "SMTP_CHECK",
    head: &NOTHING,
    keywords: over_network![
        Keyword::new(
            "helo_name",
            One(TEXT),
            Works,
            "name in HELO (default: smtpchecker.keepalived.org)",
        ),
        Keyword::new("host", Kind::Block(&SMTP_HOST), Works, "the older place of what is above"),
    ],
};

static SMTP_HOST: Block = Block { name: "host", head: &NOTHING, keywords: over_network![] };

pub(super) static DNS_CHECK: Block = Block {
    name: "DNS_CHECK",
    head: &NOTHING,
    keywords: over_network![
        Keyword::new("type", One(DNS_TYPE), Works, "type of the question (default: SOA)"),
        Keyword::new("name", One(TEXT), Works, "name in the question (default: .)"),
    ],
};

const DNS_TYPE: Scalar =
    Choice(&["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"]);

pub(super) static UDP_CHECK: Block = Block {
    name: "UDP_CHECK",
    head: &NOTHING,
    keywords: over_network![
        Keyword::new("payload", List(Hex), Works, "what is sent, in hexadecimal"),
        // Octets in hexadecimal, where any digit may be a wildcard.
        Keyword::new("require_reply", Optional(TEXT), Works, "an answer that begins like this"),
        Keyword::new("min_reply_length", One(LENGTH), Works, "least octets (default: 0)"),
        Keyword::new("max_reply_length", One(LENGTH), Works, "most octets (default: 255)"),
    ],
};

const LENGTH: Scalar = integer(0, 65535);

pub(super) static MISC_CHECK: Block = Block {
    name: "MISC_CHECK",
    head: &NOTHING,
    keywords: repeated![
        Keyword::new("misc_path", Script, Works, "what is run; success is the exit status 0"),
        Keyword::new(
            "misc_timeout",
            One(integer(0, 4294)),
            Works,
            "seconds after which it has failed (default: delay_loop)",
        ),
        Keyword::new("misc_dynamic", Nothing, Works, "its exit status sets the weight"),
        Keyword::new("user", Line(&USER), Works, "who runs it (default: script_user)"),
    ],
};

pub(super) static FILE_CHECK: Block = Block {
    name: "FILE_CHECK",
    head: &NOTHING,
    keywords: &[
        Keyword::new("track_file", One(TEXT), Works, "name of the track_file"),
        Keyword::new("weight", Line(&FILE_WEIGHT), Works, "factor (default: the file's)"),
    ],
};

static FILE_WEIGHT: Form = Form::new(
    &[required("weight", integer(-INT, INT))],
    &[option(&["reverse"], &[], Works), option(&["noreverse"], &[], Works)],
);

pub(super) static BFD_CHECK: Block = Block {
    name: "BFD_CHECK",
    head: &NOTHING,
    keywords: &[
        Keyword::new("name", One(TEXT), Works, "name of the bfd_instance"),
        Keyword::new("alpha", SWITCH, Works, "down until the session is up"),
    ],
};
