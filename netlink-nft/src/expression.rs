//! What rules are made of: each expression reads or writes registers of the packet's evaluation.

use netlink_conn::Request;

use crate::attribute::{nested, number, text};
use crate::uapi;

/// Counts packets and octets.
pub(crate) fn counter(list: &mut Request<'_>) {
    expression(list, "counter", |_| {});
}

/// Ends the rule.
pub(crate) fn verdict(list: &mut Request<'_>, code: u32) {
    expression(list, "immediate", |data| {
        number(data, uapi::NFTA_IMMEDIATE_DREG, uapi::NFT_REG_VERDICT);
        nested(data, uapi::NFTA_IMMEDIATE_DATA, |value| {
            nested(value, uapi::NFTA_DATA_VERDICT, |verdict| {
                number(verdict, uapi::NFTA_VERDICT_CODE, code);
            });
        });
    });
}

pub(crate) fn load_payload(
    list: &mut Request<'_>,
    base: u32,
    offset: u32,
    length: u32,
    register: u32,
) {
    expression(list, "payload", |data| {
        number(data, uapi::NFTA_PAYLOAD_DREG, register);
        number(data, uapi::NFTA_PAYLOAD_BASE, base);
        number(data, uapi::NFTA_PAYLOAD_OFFSET, offset);
        number(data, uapi::NFTA_PAYLOAD_LEN, length);
    });
}

pub(crate) fn load_meta(list: &mut Request<'_>, key: u32, register: u32) {
    expression(list, "meta", |data| {
        number(data, uapi::NFTA_META_DREG, register);
        number(data, uapi::NFTA_META_KEY, key);
    });
}

/// Compares one octet.
pub(crate) fn compare(list: &mut Request<'_>, operation: u32, octet: u8) {
    expression(list, "cmp", |data| {
        number(data, uapi::NFTA_CMP_SREG, uapi::NFT_REG_1);
        number(data, uapi::NFTA_CMP_OP, operation);
        nested(data, uapi::NFTA_CMP_DATA, |value| {
            value.attribute(uapi::NFTA_DATA_VALUE, &[octet]);
        });
    });
}

pub(crate) fn expression(list: &mut Request<'_>, name: &str, write: impl FnOnce(&mut Request<'_>)) {
    nested(list, uapi::NFTA_LIST_ELEM, |element| {
        text(element, uapi::NFTA_EXPR_NAME, name);
        nested(element, uapi::NFTA_EXPR_DATA, write);
    });
}
