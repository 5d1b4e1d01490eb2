//! Tables that exist.

use netlink_conn::{Attributes, Connection, Error, Request};

use crate::family::Family;
use crate::uapi;

/// What `nft` reads as a comment: a zero, the length, then the text with its final zero. Tables of another kind that have
/// the same name are somebody else's.
pub(crate) const OF_BLOCKING: &[u8] = b"\x00\x17managed by netlink-nft\0";
pub(crate) const OF_MARKING: &[u8] = b"\x00\x1emanaged by netlink-nft, marks\0";

/// A table of our name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) family: Family,
    /// Never given to another table.
    pub(crate) handle: u64,
    /// It bears our mark.
    pub(crate) is_ours: bool,
}

impl Found {
    /// The tables of this name.
    pub(crate) fn all(
        connection: &mut Connection,
        name: &str,
        own: &[u8],
    ) -> Result<Vec<Self>, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; uapi::NFGENMSG]);
        };
        connection
            .dump(uapi::NFT_MSG_GETTABLE, write, |message| Self::read(message.payload, name, own))
    }

    /// `None` for one of another name, or of another family.
    fn read(payload: &[u8], name: &str, own: &[u8]) -> Option<Self> {
        let family = Family::from_number(*payload.first()?)?;
        let (mut handle, mut is_named, mut is_marked, mut is_owned) = (None, false, false, false);
        for (kind, value) in Attributes::new(payload.get(uapi::NFGENMSG..)?) {
            match kind {
                uapi::NFTA_TABLE => is_named = value.split_last() == Some((&0, name.as_bytes())),
                uapi::NFTA_TABLE_HANDLE => {
                    handle = value.first_chunk().map(|octets| u64::from_be_bytes(*octets));
                }
                uapi::NFTA_TABLE_USERDATA => is_marked = value == own,
                // Some process owns it and keeps others out: we own none in this sense.
                uapi::NFTA_TABLE_OWNER => is_owned = true,
                _ => {}
            }
        }
        let handle = handle.filter(|_| is_named)?;
        Some(Self { family, handle, is_ours: is_marked && !is_owned })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table `keepalived` as the kernel tells of it.
    fn payload(family: u8, others: &[(u16, &[u8])]) -> Vec<u8> {
        let mut payload = vec![family, 0, 0, 2];
        let own: [(u16, &[u8]); 4] = [
            (1, b"keepalived\0"),
            (2, &[0; 4]),
            (3, &[0, 0, 0, 3]),
            (4, &[0, 0, 0, 0, 0, 0, 0, 9]),
        ];
        for (kind, value) in own.iter().chain(others) {
            let length = u16::try_from(4 + value.len()).unwrap();
            payload.extend(length.to_ne_bytes());
            payload.extend(kind.to_ne_bytes());
            payload.extend(*value);
            payload.resize(payload.len().next_multiple_of(4), 0);
        }
        payload
    }

    #[test]
    fn the_mark_is_a_comment_to_nft() {
        for mark in [OF_BLOCKING, OF_MARKING] {
            let [kind, length, text @ ..] = mark else { panic!("{mark:?}") };
            assert_eq!((*kind, usize::from(*length)), (0, text.len()));
            assert_eq!(text.last(), Some(&0));
        }
    }

    #[test]
    fn ours_bears_the_mark_and_nobody_owns_it() {
        let ours = Found::read(&payload(10, &[(6, OF_BLOCKING)]), "keepalived", OF_BLOCKING);
        assert_eq!(ours, Some(Found { family: Family::Ipv6, handle: 9, is_ours: true }));
        let foreign: [&[(u16, &[u8])]; 3] =
            [&[], &[(6, OF_MARKING)], &[(6, OF_BLOCKING), (7, &[0, 0, 1, 0])]];
        for foreign in foreign {
            let found = Found::read(&payload(2, foreign), "keepalived", OF_BLOCKING);
            let expected = Found { family: Family::Ipv4, handle: 9, is_ours: false };
            assert_eq!(found, Some(expected), "{foreign:?}");
        }
    }

    #[test]
    fn other_names_and_families_are_not_looked_at() {
        for name in ["keepalive", "keepalived2", ""] {
            assert_eq!(Found::read(&payload(2, &[]), name, OF_BLOCKING), None, "{name}");
        }
        // inet.
        assert_eq!(Found::read(&payload(1, &[]), "keepalived", OF_BLOCKING), None);
        assert_eq!(Found::read(&[], "keepalived", OF_BLOCKING), None);
    }
}
