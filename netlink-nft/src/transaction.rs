//! The messages of one transaction.

use netlink_conn::{Batch, Request};

use crate::attribute::text;
use crate::family::Family;
use crate::uapi;

/// The version of `struct nfgenmsg`.
const NFNETLINK_V0: u8 = 0;

/// Messages, and what each of them is to do.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    batch: Batch,
    actions: Vec<(Family, &'static str)>,
}

impl Transaction {
    /// Begins a message about a table.
    pub(crate) fn request(
        &mut self,
        kind: u16,
        flags: u16,
        (family, table): (Family, &str),
        action: &'static str,
    ) -> Request<'_> {
        self.actions.push((family, action));
        let mut request = self.batch.request(kind, flags);
        request.fixed(&[family.number(), NFNETLINK_V0, 0, 0]);
        text(&mut request, uapi::NFTA_TABLE, table);
        request
    }

    pub(crate) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Which table a message is about, with its family, and what it is to do.
    pub(crate) fn describe(&self, request: usize, table: &str) -> (String, &'static str) {
        match self.actions.get(request) {
            Some((family, action)) => (format!("{family} {table}"), *action),
            None => (table.to_owned(), "change the firewall"),
        }
    }
}
