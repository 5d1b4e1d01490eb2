//! Forms that several keywords share, and the long ones.
//!
//! The tables count on this reading of a line: required places at its start take their words first.
//! From then on a word that is an option is that option, wherever it stands, and any other word
//! fills the next place, where an optional one that it is no value of is passed over. So
//! `src 192.0.2.1 198.51.100.0/24 via 192.0.2.9` finds its destination.

use super::Scalar::{
    Address, AnyBase, Boolean, Choice, Destination, Group, Integer, Interface, Path, Prefix, Text,
};
use super::Support::Works;
use super::{Form, Kind, OptionWord, Place, Scalar, option, option_with, optional, required};

/// The greatest of C's `unsigned int`.
pub(super) const UINT: i64 = u32::MAX as i64;
/// The greatest of C's `int`.
pub(super) const INT: i64 = i32::MAX as i64;
/// Microseconds in a second.
pub(super) const SECOND: u64 = 1_000_000;
/// The most seconds that 32 bits of microseconds can count.
pub(super) const TIMER: u64 = 4294 * SECOND;
/// The most microseconds of the intervals of checks, which have no practical limit.
pub(super) const LONG: u64 = u64::MAX - 1;

/// Seconds to connect.
pub(super) const CONNECT: Scalar = seconds(1, TIMER);

pub(super) const fn integer(min: i64, max: i64) -> Scalar {
    Integer { min, max }
}

/// Seconds from `min` to `max` microseconds.
pub(super) const fn seconds(min: u64, max: u64) -> Scalar {
    Scalar::Seconds { min, max }
}

pub(super) const TEXT: Scalar = Text { max: 1023 };
/// `TASK_COMM_LEN` without the final zero.
pub(super) const PROCESS_NAME: Scalar = Text { max: 15 };
/// A number that may be anything that fits.
pub(super) const UNSIGNED: Scalar = integer(0, UINT);
pub(super) const PORT: Scalar = integer(1, 65535);
/// A mark of packets.
pub(super) const MARK: Scalar = NUMBER;
/// A number of routes and rules.
const NUMBER: Scalar = AnyBase { min: 0, max: UINT };
/// On or off; nothing means on.
pub(super) const SWITCH: Kind = Kind::Optional(Boolean);

pub(super) static NOTHING: Form = Form::new(&[], &[]);
pub(super) static NAME: Form = Form::new(&[required("name", TEXT)], &[]);
pub(super) static USER: Form = Form::new(&[required("user", TEXT), optional("group", TEXT)], &[]);
pub(super) static FIFO: Form =
    Form::new(&[required("path", Path), optional("user", TEXT), optional("group", TEXT)], &[]);

/// A tracked item with a weight of up to 253.
pub(super) static TRACK: Form = track(&[WEIGHT_WORD, REVERSE]);
/// A tracked interface.
pub(super) static TRACK_INTERFACE: Form =
    Form::new(&[required("interface", Interface)], &[WEIGHT_WORD, REVERSE]);
/// A tracked item with a weight of up to 254.
pub(super) static TRACK_254: Form =
    track(&[option(&["weight"], &[integer(-254, 254)], Works), REVERSE]);
const WEIGHT_WORD: OptionWord = option(&["weight"], &[integer(-253, 253)], Works);
const REVERSE: OptionWord = option(&["reverse"], &[], Works);

const NAMED: &[Place] = &[required("name", TEXT)];

const fn track(options: &'static [OptionWord]) -> Form {
    Form::new(NAMED, options)
}

/// A weight and `reverse`.
pub(super) static WEIGHT: Form = Form::new(&[required("weight", integer(-253, 253))], &[REVERSE]);
pub(super) static WEIGHT_254: Form =
    Form::new(&[required("weight", integer(-254, 254))], &[REVERSE]);

pub(super) static UNICAST_PEER: Form = Form::new(
    &[required("address", Address)],
    &[
        option(&["min_ttl"], &[integer(0, 255)], Works),
        option(&["max_ttl"], &[integer(0, 255)], Works),
    ],
);

/// A line of `virtual_ipaddress`.
pub(super) static VIRTUAL_ADDRESS: Form =
    Form::new(&[required("address", Prefix)], &ADDRESS_OPTIONS);
/// A line of `static_ipaddress`.
pub(super) static STATIC_ADDRESS: Form =
    Form::new(&[required("address", Prefix)], &ADDRESS_OPTIONS);

static ADDRESS_OPTIONS: [OptionWord; 14] = [
    option(&["dev"], &[Interface], Works),
    option(&["scope"], &[TEXT], Works),
    option(&["brd", "broadcast"], &[TEXT], Works),
    option(&["label"], &[Text { max: 15 }], Works),
    option(&["peer"], &[Prefix], Works),
    option(&["home"], &[], Works),
    option(&["-nodad"], &[], Works),
    option(&["mngtmpaddr"], &[], Works),
    option(&["noprefixroute"], &[], Works),
    option(&["autojoin"], &[], Works),
    option(&["no_track"], &[], Works),
    option(&["preferred_lft"], &[TEXT], Works),
    option(&["track_group"], &[TEXT], Works),
    option(&["use_vmac"], &[], Works),
];

/// A line of `virtual_routes` and of `static_routes`.
pub(super) static VIRTUAL_ROUTE: Form = Form::new(
    &[
        optional("family", Choice(&["inet", "inet6"])),
        optional(
            "type",
            Choice(&[
                "unicast",
                "local",
                "broadcast",
                "multicast",
                "throw",
                "unreachable",
                "prohibit",
                "blackhole",
                "nat",
            ]),
        ),
        required("destination", Destination),
    ],
    &[
        // It may stand before the destination and adds nothing.
        option(&["to"], &[], Works),
        option_with(&["via", "gw"], FAMILY, &[Address], Works),
        option(&["src"], &[Address], Works),
        option(&["from"], &[Prefix], Works),
        option(&["dev", "oif"], &[Interface], Works),
        option(&["table"], &[TEXT], Works),
        option(&["vrf"], &[Interface], Works),
        option(&["protocol"], &[TEXT], Works),
        option(&["scope"], &[TEXT], Works),
        option(&["metric", "priority", "preference"], &[NUMBER], Works),
        option(&["tos", "dsfield"], &[OCTET], Works),
        option(&["onlink"], &[], Works),
        option(&["expires"], &[NUMBER], Works),
        option(&["pref"], &[Choice(&["low", "medium", "high"])], Works),
        option(&["ttl-propagate"], &[Choice(&["enabled", "disabled"])], Works),
        option(&["add"], &[], Works),
        option(&["prepend"], &[], Works),
        option(&["append"], &[], Works),
        option(&["no_track"], &[], Works),
        option(&["track_group"], &[TEXT], Works),
        // Known, and refused: the kernel has this for MPLS only.
        option_with(&["as"], &["to"], &[TEXT], Works),
        // Next hops.
        option(&["or"], &[Address], Works),
        option(&["nexthop"], &[], Works),
        option(&["weight"], &[integer(1, 256)], Works),
        option(&["realms"], &[TEXT], Works),
        // Encapsulation: `encap`, one of four kinds, and the words of that kind; `src`, `tos` and
        // `hoplimit` are such words too.
        option(&["encap"], &[], Works),
        option(&["ip"], &[], Works),
        option(&["ip6"], &[], Works),
        option(&["mpls"], &[TEXT], Works),
        option(&["ila"], &[TEXT], Works),
        option(&["id"], &[AnyBase { min: 0, max: i64::MAX }], Works),
        option(&["dst"], &[Address], Works),
        option(&["ttl"], &[OCTET], Works),
        option(&["tc"], &[OCTET], Works),
        option(&["flags"], &[AnyBase { min: 0, max: 65535 }], Works),
        // What TCP shall know of the path.
        option_with(&["mtu"], LOCK, &[NUMBER], Works),
        option_with(&["advmss"], LOCK, &[NUMBER], Works),
        option_with(&["rtt"], LOCK, &[TEXT], Works),
        option_with(&["rttvar"], LOCK, &[TEXT], Works),
        option_with(&["rto_min"], LOCK, &[TEXT], Works),
        option_with(&["reordering"], LOCK, &[NUMBER], Works),
        option_with(&["cwnd"], LOCK, &[NUMBER], Works),
        option_with(&["ssthresh"], LOCK, &[NUMBER], Works),
        option_with(&["congctl"], LOCK, &[Text { max: 15 }], Works),
        option(&["hoplimit"], &[OCTET], Works),
        option(&["window"], &[NUMBER], Works),
        option(&["initcwnd"], &[NUMBER], Works),
        option(&["initrwnd"], &[NUMBER], Works),
        option(&["features"], &[Choice(&["ecn"])], Works),
        option(&["quickack"], &[integer(0, 1)], Works),
        option(&["fastopen_no_cookie"], &[integer(0, 1)], Works),
    ],
);

/// The family of a gateway, where it is not that of the route.
const FAMILY: &[&str] = &["inet", "inet6"];
/// TCP may not change it.
const LOCK: &[&str] = &["lock"];
/// An octet of a header.
const OCTET: Scalar = AnyBase { min: 0, max: 255 };

/// A line of `virtual_rules` and of `static_rules`.
pub(super) static VIRTUAL_RULE: Form = Form::new(
    &[optional("family", Choice(&["inet", "inet6"]))],
    &[
        option(&["not"], &[], Works),
        option(&["from"], &[Destination], Works),
        option(&["to"], &[Destination], Works),
        option(&["table", "lookup"], &[TEXT], Works),
        option(&["preference", "order", "priority"], &[NUMBER], Works),
        option(&["tos", "dsfield"], &[OCTET], Works),
        // With a mask after a slash, as in `0x10/0xf0`.
        option(&["fwmark"], &[TEXT], Works),
        option(&["realms"], &[TEXT], Works),
        option(&["suppress_prefixlength", "sup_pl"], &[integer(-1, 128)], Works),
        option(&["suppress_ifgroup", "sup_group"], &[TEXT], Works),
        option(&["dev", "iif"], &[Interface], Works),
        option(&["oif"], &[Interface], Works),
        option(&["tunnel-id"], &[AnyBase { min: 0, max: i64::MAX }], Works),
        option(&["uidrange"], &[TEXT], Works),
        option(&["l3mdev"], &[], Works),
        option(&["protocol"], &[TEXT], Works),
        option(&["ipproto"], &[TEXT], Works),
        option(&["sport"], &[TEXT], Works),
        option(&["dport"], &[TEXT], Works),
        // What to do, after `type` or without it.
        option(&["type"], &[], Works),
        option(&["goto"], &[NUMBER], Works),
        option(&["nop"], &[], Works),
        option(&["blackhole"], &[], Works),
        option(&["unreachable"], &[], Works),
        option(&["prohibit"], &[], Works),
        option(&["no_track"], &[], Works),
        option(&["track_group"], &[TEXT], Works),
    ],
);

/// The name of an interface and its link-layer address; either may be left out.
pub(super) static USE_VMAC: Form = Form::new(
    &[optional("interface", Interface), optional("link-layer address", Text { max: 17 })],
    &[
        option(&["name"], &[Interface], Works),
        option(&["group"], &[TEXT], Works),
        // The kernel tells of an interface that was made.
        option(&["netlink_notify_msg"], &[], Works),
    ],
);

/// The name of an interface and an address may come in either order.
pub(super) static USE_IPVLAN: Form = Form::new(
    &[
        optional("address", Prefix),
        optional("interface", Interface),
        optional("address after it", Prefix),
    ],
    &[
        option(&["name"], &[Interface], Works),
        option(&["bridge"], &[], Works),
        option(&["private"], &[], Works),
        option(&["vepa"], &[], Works),
        option(&["group"], &[TEXT], Works),
    ],
);

/// `garp_extra_if` of all instances.
pub(super) static GARP_EXTRA_IF: Form =
    Form::new(&[ALL_INTERFACES, required("seconds", integer(1, 86_400))], &[]);
/// `garp_extra_if` of an instance, where 0 turns it off.
pub(super) static GARP_EXTRA_IF_OR_OFF: Form =
    Form::new(&[ALL_INTERFACES, required("seconds", integer(0, 86_400))], &[]);
const ALL_INTERFACES: Place = optional("all", Choice(&["all"]));

/// Either an address and perhaps a port, or `fwmark`, or `group`.
pub(super) static SERVICE: Form = Form::new(
    &[optional("address", Address), optional("port", integer(0, 65535))],
    &[option(&["fwmark"], &[MARK], Works), option(&["group"], &[TEXT], Works)],
);

/// A server and perhaps its port.
pub(super) static SERVER: Form =
    Form::new(&[required("address", Address), optional("port", integer(0, 65535))], &[]);

pub(super) static LVS_METHOD: Form = Form::new(
    &[required("method", Choice(&["NAT", "DR", "TUN"]))],
    &[
        option(&["type"], &[Choice(&["ipip", "gue", "gre"])], Works),
        option(&["port"], &[PORT], Works),
        option(&["nocsum"], &[], Works),
        option(&["csum"], &[], Works),
        option(&["remcsum"], &[], Works),
    ],
);

/// The two optional places are the older way of writing `inst` and `id`.
pub(super) static LVS_SYNC_DAEMON: Form = Form::new(
    &[
        required("interface", Interface),
        optional("instance", TEXT),
        optional("id", integer(0, 255)),
    ],
    &[
        option(&["inst"], &[TEXT], Works),
        option(&["id"], &[integer(0, 255)], Works),
        option(&["maxlen"], &[integer(1, 65507)], Works),
        option(&["port"], &[PORT], Works),
        option(&["ttl"], &[integer(1, 255)], Works),
        option(&["group"], &[Group], Works),
    ],
);

/// The greatest timeout of IPVS, 31 days.
pub(super) const LVS_SECONDS: i64 = 2_678_400;

pub(super) static LVS_TIMEOUTS: Form = Form::new(
    &[],
    &[
        option(&["tcp"], &[integer(0, LVS_SECONDS)], Works),
        option(&["tcpfin"], &[integer(0, LVS_SECONDS)], Works),
        option(&["udp"], &[integer(0, LVS_SECONDS)], Works),
    ],
);
