//! What a table that marks packets consists of.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;

use netlink_conn::{Request, flags};

use super::marked::{Marked, Transport};
use crate::attribute::{nested, number, text};
use crate::error::FirewallError;
use crate::expression::{compare, expression, load_meta, load_payload, verdict};
use crate::family::Family;
use crate::found;
use crate::keeper::Contents;
use crate::uapi;
use crate::writer::{Chain, TableWriter};

const CHAIN: &str = "in";
/// An attribute has room for 65,531 octets, and an element takes up to 80.
const ELEMENTS_PER_MESSAGE: usize = 800;
/// A port in octets, and with what fills it up in a key.
const PORT: u32 = 2;
const PORT_IN_KEY: u32 = 4;
/// A mark in octets.
const MARK: u32 = 4;
/// RFC 9293 section 3.1, RFC 768 and RFC 9260 section 3.1: the destination port of all three.
const OFFSET_OF_PORT: u32 = 2;

/// Of the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Priority(pub(crate) i32);

/// The first and the last key that get a mark.
type Range = (Vec<u8>, Vec<u8>);

/// The maps of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Maps(BTreeMap<Transport, BTreeMap<Range, NonZeroU32>>);

impl Maps {
    /// What is marked in a family.
    pub(crate) fn of(family: Family, marked: &[Marked]) -> Result<Self, FirewallError> {
        let mut maps = Self::default();
        for marked in marked {
            if marked.first.is_ipv4() != marked.last.is_ipv4() || marked.first > marked.last {
                return Err(FirewallError::Range { first: marked.first, last: marked.last });
            }
            if marked.first.is_ipv4() != (family == Family::Ipv4) {
                continue;
            }
            let (lowest, highest) = match marked.port {
                Some(port) => (port.get(), port.get()),
                None => (0, u16::MAX),
            };
            let range = (key(marked.first, lowest), key(marked.last, highest));
            maps.0.entry(marked.transport).or_default().insert(range, marked.mark);
        }
        Ok(maps)
    }
}

/// Address and port, each filled up to four octets.
fn key(address: IpAddr, port: u16) -> Vec<u8> {
    let address = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let port = port.to_be_bytes();
    [address.as_slice(), &port, &[0; (PORT_IN_KEY - PORT) as usize]].concat()
}

impl Contents for Maps {
    type Settings = Priority;

    const MARK: &[u8] = found::OF_MARKING;

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn create(&self, priority: &Priority, writer: &mut TableWriter<'_>) {
        writer.create_table(Self::MARK);
        for (transport, map) in &self.0 {
            create_map(writer, *transport);
            let ranges: Vec<_> = map.iter().collect();
            for ranges in ranges.chunks(ELEMENTS_PER_MESSAGE) {
                fill_map(writer, *transport, ranges);
            }
        }
        let (hook, Priority(priority)) = (uapi::NF_INET_LOCAL_IN, *priority);
        writer.create_chain(Chain { name: CHAIN, hook, priority });
        for transport in self.0.keys() {
            let family = writer.family;
            writer.create_rule(CHAIN, |list| mark_by_map(list, family, *transport));
        }
    }

    fn change(&self, before: &Self, _: &mut TableWriter<'_>) -> bool {
        self == before
    }
}

fn create_map(writer: &mut TableWriter<'_>, transport: Transport) {
    let family = writer.family;
    let flags = flags::CREATE | flags::EXCL;
    let mut request = writer.request(uapi::NFT_MSG_NEWSET, flags, "make a map");
    let key_type = (family.address_type() << uapi::TYPE_BITS) | uapi::TYPE_INET_SERVICE;
    let kind = uapi::NFT_SET_MAP | uapi::NFT_SET_INTERVAL | uapi::NFT_SET_CONCAT;
    text(&mut request, uapi::NFTA_SET_NAME, transport.map());
    number(&mut request, uapi::NFTA_SET_FLAGS, kind);
    number(&mut request, uapi::NFTA_SET_KEY_TYPE, key_type);
    number(&mut request, uapi::NFTA_SET_KEY_LEN, family.address_length() + PORT_IN_KEY);
    number(&mut request, uapi::NFTA_SET_DATA_TYPE, uapi::TYPE_MARK);
    number(&mut request, uapi::NFTA_SET_DATA_LEN, MARK);
    number(&mut request, uapi::NFTA_SET_ID, transport.number().into());
    request.attribute(uapi::NFTA_SET_USERDATA, &byte_orders());
    nested(&mut request, uapi::NFTA_SET_DESC, |description| {
        nested(description, uapi::NFTA_SET_DESC_CONCAT, |fields| {
            for length in [family.address_length(), PORT] {
                nested(fields, uapi::NFTA_LIST_ELEM, |field| {
                    number(field, uapi::NFTA_SET_FIELD_LEN, length);
                });
            }
        });
    });
}

/// What `nft` reads to show keys and marks (`enum nftnl_udata_set_types` of libnftnl, `enum byteorder` of nft): a type,
/// a length, then a number.
fn byte_orders() -> Vec<u8> {
    const KEY: [u8; 2] = [0, 4];
    const DATA: [u8; 2] = [1, 4];
    const HOST: u32 = 1;
    const BIG_ENDIAN: u32 = 2;
    [&KEY[..], &BIG_ENDIAN.to_ne_bytes(), &DATA, &HOST.to_ne_bytes()].concat()
}

fn fill_map(writer: &mut TableWriter<'_>, transport: Transport, ranges: &[(&Range, &NonZeroU32)]) {
    let mut request = writer.request(uapi::NFT_MSG_NEWSETELEM, flags::CREATE, "mark addresses");
    text(&mut request, uapi::NFTA_SET_ELEM_LIST_SET, transport.map());
    nested(&mut request, uapi::NFTA_SET_ELEM_LIST_ELEMENTS, |list| {
        for ((first, last), mark) in ranges {
            nested(list, uapi::NFTA_LIST_ELEM, |element| {
                for (kind, key) in
                    [(uapi::NFTA_SET_ELEM_KEY, first), (uapi::NFTA_SET_ELEM_KEY_END, last)]
                {
                    nested(element, kind, |value| {
                        value.attribute(uapi::NFTA_DATA_VALUE, key);
                    });
                }
                nested(element, uapi::NFTA_SET_ELEM_DATA, |value| {
                    // As the kernel has it: in its own byte order.
                    value.attribute(uapi::NFTA_DATA_VALUE, &mark.get().to_ne_bytes());
                });
            });
        }
    });
}

/// The mark of the destination in the map; a packet that is not in it goes on to the next rule.
fn mark_by_map(list: &mut Request<'_>, family: Family, transport: Transport) {
    load_meta(list, uapi::NFT_META_L4PROTO, uapi::NFT_REG_1);
    compare(list, uapi::NFT_CMP_EQ, transport.number());
    // RFC 791 section 3.1, RFC 8200 section 3; the port comes right behind the address.
    let (offset, behind) = match family {
        Family::Ipv4 => (16, uapi::NFT_REG32_01),
        Family::Ipv6 => (24, uapi::NFT_REG_2),
    };
    let length = family.address_length();
    load_payload(list, uapi::NFT_PAYLOAD_NETWORK_HEADER, offset, length, uapi::NFT_REG_1);
    load_payload(list, uapi::NFT_PAYLOAD_TRANSPORT_HEADER, OFFSET_OF_PORT, PORT, behind);
    expression(list, "lookup", |data| {
        text(data, uapi::NFTA_LOOKUP_SET, transport.map());
        number(data, uapi::NFTA_LOOKUP_SREG, uapi::NFT_REG_1);
        number(data, uapi::NFTA_LOOKUP_DREG, uapi::NFT_REG_1);
    });
    expression(list, "meta", |data| {
        number(data, uapi::NFTA_META_KEY, uapi::NFT_META_MARK);
        number(data, uapi::NFTA_META_SREG, uapi::NFT_REG_1);
    });
    verdict(list, uapi::NFT_RETURN);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(first: &str, last: &str, port: u16) -> Marked {
        let (first, last) = (first.parse().unwrap(), last.parse().unwrap());
        let port = std::num::NonZeroU16::new(port);
        Marked::new(Transport::Udp, first, last, port, NonZeroU32::MIN)
    }

    #[test]
    fn keys_are_an_address_and_a_port_of_four_octets() {
        let all = [marked("10.1.0.1", "10.1.0.3", 80), marked("2001:db8::1", "2001:db8::1", 0)];
        let ipv4 = Maps::of(Family::Ipv4, &all).unwrap();
        let (first, last) = ipv4.0[&Transport::Udp].keys().next().unwrap();
        assert_eq!((first.as_slice(), last[3]), (&[10, 1, 0, 1, 0, 80, 0, 0][..], 3));
        let ipv6 = Maps::of(Family::Ipv6, &all).unwrap();
        let (first, last) = ipv6.0[&Transport::Udp].keys().next().unwrap();
        assert_eq!((&first[15..], &last[15..]), (&[1, 0, 0, 0, 0][..], &[1, 255, 255, 0, 0][..]));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for (first, last) in [("10.0.0.2", "10.0.0.1"), ("10.0.0.1", "2001:db8::1")] {
            let error = Maps::of(Family::Ipv4, &[marked(first, last, 1)]).unwrap_err();
            assert!(matches!(error, FirewallError::Range { .. }), "{error}");
        }
    }
}
