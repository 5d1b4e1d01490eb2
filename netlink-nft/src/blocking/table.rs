//! What a table that blocks addresses consists of.

use netlink_conn::flags;

use super::elements::{Elements, Set};
use super::expression::{self as packet, Direction};
use super::settings::Settings;
use crate::attribute::{nested, number, text};
use crate::expression;
use crate::family::Family;
use crate::found;
use crate::keeper::Contents;
use crate::uapi;
use crate::writer::{Chain, TableWriter};

/// An attribute has room for 65,531 octets, and an element takes up to 44.
const ELEMENTS_PER_MESSAGE: usize = 1000;

impl Contents for Elements {
    type Settings = Settings;

    const MARK: &[u8] = found::OF_BLOCKING;

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn create(&self, settings: &Settings, writer: &mut TableWriter<'_>) {
        let family = writer.family;
        writer.create_table(Self::MARK);
        for set in family.sets() {
            create_set(writer, *set, settings.by_index);
        }
        for direction in Direction::ALL {
            writer.create_chain(Chain {
                name: direction.chain(),
                hook: direction.hook(),
                priority: settings.priority,
            });
            // A node whose address is blocked still has to say where it is. The kernel takes that address as
            // the source of what it says.
            if family == Family::Ipv6 {
                writer.create_rule(direction.chain(), |list| {
                    packet::is_neighbour_discovery(list);
                    expression::verdict(list, uapi::NF_ACCEPT);
                });
            }
            for set in family.sets() {
                create_drop(writer, direction, *set, settings);
            }
        }
        self.change(&Self::default(), writer);
    }

    fn change(&self, before: &Self, writer: &mut TableWriter<'_>) -> bool {
        for set in writer.family.sets() {
            let (old, new) = (before.keys(*set), self.keys(*set));
            let gone: Vec<&Vec<u8>> = old.difference(new).collect();
            let added: Vec<&Vec<u8>> = new.difference(old).collect();
            let delete = (uapi::NFT_MSG_DELSETELEM, 0, "unblock addresses");
            change_set(writer, *set, delete, &gone);
            let create = (uapi::NFT_MSG_NEWSETELEM, flags::CREATE, "block addresses");
            change_set(writer, *set, create, &added);
        }
        true
    }
}

fn create_set(writer: &mut TableWriter<'_>, set: Set, by_index: bool) {
    let family = writer.family;
    let flags = flags::CREATE | flags::EXCL;
    let mut request = writer.request(uapi::NFT_MSG_NEWSET, flags, "make a set");
    text(&mut request, uapi::NFTA_SET_NAME, set.name());
    number(&mut request, uapi::NFTA_SET_KEY_TYPE, set.key_type(family, by_index));
    number(&mut request, uapi::NFTA_SET_KEY_LEN, set.key_length(family, by_index));
    number(&mut request, uapi::NFTA_SET_ID, set.id());
}

/// A rule that drops what the set names.
fn create_drop(writer: &mut TableWriter<'_>, direction: Direction, set: Set, settings: &Settings) {
    let family = writer.family;
    writer.create_rule(direction.chain(), |list| {
        packet::load_address(list, family, direction);
        if set == Set::LinkLocal {
            packet::load_interface(list, direction, settings.by_index);
        }
        packet::lookup(list, set);
        if settings.counters {
            expression::counter(list);
        }
        expression::verdict(list, uapi::NF_DROP);
    });
}

fn change_set(
    writer: &mut TableWriter<'_>,
    set: Set,
    (kind, flags, action): (u16, u16, &'static str),
    keys: &[&Vec<u8>],
) {
    for keys in keys.chunks(ELEMENTS_PER_MESSAGE) {
        let mut request = writer.request(kind, flags, action);
        text(&mut request, uapi::NFTA_SET_ELEM_LIST_SET, set.name());
        nested(&mut request, uapi::NFTA_SET_ELEM_LIST_ELEMENTS, |list| {
            for key in keys {
                nested(list, uapi::NFTA_LIST_ELEM, |element| {
                    nested(element, uapi::NFTA_SET_ELEM_KEY, |value| {
                        value.attribute(uapi::NFTA_DATA_VALUE, key);
                    });
                });
            }
        });
    }
}
