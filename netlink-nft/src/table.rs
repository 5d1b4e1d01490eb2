//! The messages that make, change and delete a table.

use netlink_conn::{Request, flags};

use crate::attribute::{nested, number, text};
use crate::blocked::Family;
use crate::elements::{Elements, Set};
use crate::expression::{self, Direction};
use crate::found::MARK;
use crate::settings::Settings;
use crate::transaction::Transaction;
use crate::uapi;

/// An attribute has room for 65,531 octets, and an element takes up to 44.
const ELEMENTS_PER_MESSAGE: usize = 1000;

/// Writes messages about the table of a family.
#[derive(Debug)]
pub(crate) struct TableWriter<'a> {
    transaction: &'a mut Transaction,
    family: Family,
    settings: &'a Settings,
}

impl<'a> TableWriter<'a> {
    pub(crate) fn new(
        transaction: &'a mut Transaction,
        family: Family,
        settings: &'a Settings,
    ) -> Self {
        Self { transaction, family, settings }
    }

    /// The table with its sets, chains and rules.
    pub(crate) fn create(&mut self) {
        self.request(uapi::NFT_MSG_NEWTABLE, flags::CREATE | flags::EXCL, "make the table")
            .attribute(uapi::NFTA_TABLE_USERDATA, MARK);
        for set in self.family.sets() {
            self.create_set(*set);
        }
        for direction in Direction::ALL {
            self.create_chain(direction);
            // A node whose address is blocked still has to say where it is. The kernel takes that address as
            // the source of what it says.
            if self.family == Family::Ipv6 {
                self.create_rule(direction, |list| {
                    expression::is_neighbour_discovery(list);
                    expression::verdict(list, uapi::NF_ACCEPT);
                });
            }
            for set in self.family.sets() {
                self.create_drop(direction, *set);
            }
        }
    }

    /// Deletes the table with everything in it.
    pub(crate) fn delete(&mut self, handle: u64) {
        // The name as well: a kernel that did not know handles would delete every table of the family.
        self.request(uapi::NFT_MSG_DELTABLE, 0, "delete the table")
            .attribute(uapi::NFTA_TABLE_HANDLE, &handle.to_be_bytes());
    }

    /// What leads from `old` to `new`.
    pub(crate) fn change(&mut self, old: &Elements, new: &Elements) {
        for set in self.family.sets() {
            let (old, new) = (old.keys(*set), new.keys(*set));
            let gone: Vec<&Vec<u8>> = old.difference(new).collect();
            let added: Vec<&Vec<u8>> = new.difference(old).collect();
            self.change_set(*set, uapi::NFT_MSG_DELSETELEM, 0, "unblock addresses", &gone);
            let create = flags::CREATE;
            self.change_set(*set, uapi::NFT_MSG_NEWSETELEM, create, "block addresses", &added);
        }
    }

    fn create_set(&mut self, set: Set) {
        let (family, by_index) = (self.family, self.settings.by_index);
        let mut request =
            self.request(uapi::NFT_MSG_NEWSET, flags::CREATE | flags::EXCL, "make a set");
        text(&mut request, uapi::NFTA_SET_NAME, set.name());
        number(&mut request, uapi::NFTA_SET_KEY_TYPE, set.key_type(family, by_index));
        number(&mut request, uapi::NFTA_SET_KEY_LEN, set.key_length(family, by_index));
        number(&mut request, uapi::NFTA_SET_ID, set.id());
    }

    fn create_chain(&mut self, direction: Direction) {
        let priority = self.settings.priority;
        let mut request =
            self.request(uapi::NFT_MSG_NEWCHAIN, flags::CREATE | flags::EXCL, "make a chain");
        text(&mut request, uapi::NFTA_CHAIN_NAME, direction.chain());
        nested(&mut request, uapi::NFTA_CHAIN_HOOK, |hook| {
            number(hook, uapi::NFTA_HOOK_HOOKNUM, direction.hook());
            hook.attribute(uapi::NFTA_HOOK_PRIORITY, &priority.to_be_bytes());
        });
        number(&mut request, uapi::NFTA_CHAIN_POLICY, uapi::NF_ACCEPT);
        text(&mut request, uapi::NFTA_CHAIN_TYPE, "filter");
    }

    /// A rule that drops what the set names.
    fn create_drop(&mut self, direction: Direction, set: Set) {
        let (family, settings) = (self.family, self.settings);
        self.create_rule(direction, |list| {
            expression::load_address(list, family, direction);
            if set == Set::LinkLocal {
                expression::load_interface(list, direction, settings.by_index);
            }
            expression::lookup(list, set);
            if settings.counters {
                expression::counter(list);
            }
            expression::verdict(list, uapi::NF_DROP);
        });
    }

    fn create_rule(&mut self, direction: Direction, write: impl FnOnce(&mut Request<'_>)) {
        let mut request =
            self.request(uapi::NFT_MSG_NEWRULE, flags::CREATE | flags::APPEND, "make a rule");
        text(&mut request, uapi::NFTA_RULE_CHAIN, direction.chain());
        nested(&mut request, uapi::NFTA_RULE_EXPRESSIONS, write);
    }

    fn change_set(
        &mut self,
        set: Set,
        kind: u16,
        flags: u16,
        action: &'static str,
        keys: &[&Vec<u8>],
    ) {
        for keys in keys.chunks(ELEMENTS_PER_MESSAGE) {
            let mut request = self.request(kind, flags, action);
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

    fn request(&mut self, kind: u16, flags: u16, action: &'static str) -> Request<'_> {
        let table = (self.family, self.settings.table.as_str());
        self.transaction.request(kind, flags, table, action)
    }
}
