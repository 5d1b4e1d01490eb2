//! Messages that make and delete a table.

use netlink_conn::{Request, flags};

use crate::attribute::{nested, number, text};
use crate::family::Family;
use crate::transaction::Transaction;
use crate::uapi;

/// Writes messages about the table of a family.
#[derive(Debug)]
pub(crate) struct TableWriter<'a> {
    transaction: &'a mut Transaction,
    pub(crate) family: Family,
    table: &'a str,
}

/// Where a chain sees packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    pub(crate) name: &'static str,
    pub(crate) hook: u32,
    /// Those with smaller ones see a packet earlier.
    pub(crate) priority: i32,
}

impl<'a> TableWriter<'a> {
    pub(crate) fn new(transaction: &'a mut Transaction, family: Family, table: &'a str) -> Self {
        Self { transaction, family, table }
    }

    /// A table with nothing in it.
    pub(crate) fn create_table(&mut self, mark: &[u8]) {
        self.request(uapi::NFT_MSG_NEWTABLE, flags::CREATE | flags::EXCL, "make the table")
            .attribute(uapi::NFTA_TABLE_USERDATA, mark);
    }

    /// Deletes the table with everything in it.
    pub(crate) fn delete(&mut self, handle: u64) {
        // The name as well: a kernel that did not know handles would delete every table of the family.
        self.request(uapi::NFT_MSG_DELTABLE, 0, "delete the table")
            .attribute(uapi::NFTA_TABLE_HANDLE, &handle.to_be_bytes());
    }

    /// A chain that lets pass what no rule of it drops.
    pub(crate) fn create_chain(&mut self, chain: Chain) {
        let mut request =
            self.request(uapi::NFT_MSG_NEWCHAIN, flags::CREATE | flags::EXCL, "make a chain");
        text(&mut request, uapi::NFTA_CHAIN_NAME, chain.name);
        nested(&mut request, uapi::NFTA_CHAIN_HOOK, |hook| {
            number(hook, uapi::NFTA_HOOK_HOOKNUM, chain.hook);
            hook.attribute(uapi::NFTA_HOOK_PRIORITY, &chain.priority.to_be_bytes());
        });
        number(&mut request, uapi::NFTA_CHAIN_POLICY, uapi::NF_ACCEPT);
        text(&mut request, uapi::NFTA_CHAIN_TYPE, "filter");
    }

    /// A rule behind those that the chain has.
    pub(crate) fn create_rule(&mut self, chain: &str, write: impl FnOnce(&mut Request<'_>)) {
        let mut request =
            self.request(uapi::NFT_MSG_NEWRULE, flags::CREATE | flags::APPEND, "make a rule");
        text(&mut request, uapi::NFTA_RULE_CHAIN, chain);
        nested(&mut request, uapi::NFTA_RULE_EXPRESSIONS, write);
    }

    /// Begins a message; it is sent with the others of the transaction.
    pub(crate) fn request(&mut self, kind: u16, flags: u16, action: &'static str) -> Request<'_> {
        self.transaction.request(kind, flags, (self.family, self.table), action)
    }
}
