//! Values of attributes.

use netlink_conn::Request;

use crate::uapi;

/// Numbers of nf_tables are in network byte order.
pub(crate) fn number(request: &mut Request<'_>, kind: u16, value: u32) {
    request.attribute(kind, &value.to_be_bytes());
}

pub(crate) fn text(request: &mut Request<'_>, kind: u16, value: &str) {
    request.attribute(kind, &[value.as_bytes(), &[0]].concat());
}

pub(crate) fn nested(request: &mut Request<'_>, kind: u16, write: impl FnOnce(&mut Request<'_>)) {
    request.nested(uapi::NLA_F_NESTED | kind, write);
}
