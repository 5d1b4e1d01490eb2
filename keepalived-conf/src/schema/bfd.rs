//! Sessions of BFD.

use super::Kind::{Line, Nothing, One};
use super::Scalar::{Address, Text};
use super::Support::Works;
use super::forms::{SWITCH, WEIGHT, integer};
use super::{Block, Form, Keyword, Scalar, required};

pub(super) static BFD_INSTANCE: Block = Block {
    name: "bfd_instance",
    head: &BFD_NAME,
    keywords: &[
        Keyword::new("neighbor_ip", One(Address), Works, "the peer"),
        Keyword::new("neighbour_ip", One(Address), Works, "the same as neighbor_ip"),
        Keyword::new("source_ip", One(Address), Works, "our address"),
        Keyword::new(
            "min_rx",
            One(milliseconds(1)),
            Works,
            "least time between packets heard (default: 10 ms)",
        ),
        Keyword::new(
            "min_tx",
            One(milliseconds(1)),
            Works,
            "time between our packets (default: 10 ms)",
        ),
        Keyword::new(
            "idle_tx",
            One(milliseconds(1000)),
            Works,
            "time between our packets while the session is not up (default: 1000 ms)",
        ),
        Keyword::new(
            "multiplier",
            One(integer(1, 255)),
            Works,
            "missing packets until the peer counts as gone (default: 5)",
        ),
        Keyword::new("passive", Nothing, Works, "wait for the peer to speak first"),
        Keyword::new("ttl", One(integer(1, 255)), Works, "TTL of our packets (default: 255)"),
        Keyword::new("hoplimit", One(integer(1, 255)), Works, "the same as ttl, for IPv6"),
        Keyword::new(
            "max_hops",
            One(integer(-1, 255)),
            Works,
            "routers between us and the peer, -1 for any number (default: 0)",
        ),
        Keyword::new("multihop", SWITCH, Works, "the peer is not on this link (default: off)"),
        Keyword::new("weight", Line(&WEIGHT), Works, "change of priority (default: 0)"),
        Keyword::new("vrrp", Nothing, Works, "tell VRRP only (default: VRRP and checks)"),
        Keyword::new("checker", Nothing, Works, "tell checks only (default: VRRP and checks)"),
    ],
};

static BFD_NAME: Form = Form::new(&[required("name", Text { max: 31 })], &[]);

/// From `min` milliseconds to what 32 bits of microseconds can count.
const fn milliseconds(min: u64) -> Scalar {
    Scalar::Milliseconds { min: min * 1000, max: 4_294_967 * 1000 }
}
