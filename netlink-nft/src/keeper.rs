//! The table of each family, and what is known of it.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;

use netlink_conn::{Connection, Protocol};

use crate::error::FirewallError;
use crate::family::Family;
use crate::found::Found;
use crate::transaction::Transaction;
use crate::uapi;
use crate::writer::TableWriter;

/// What is in a table.
pub(crate) trait Contents: Clone {
    /// How tables are to be.
    type Settings;

    /// What tells our tables with such contents from others.
    const MARK: &[u8];

    /// There is no need for a table.
    fn is_empty(&self) -> bool;

    /// A table with everything in it.
    fn create(&self, settings: &Self::Settings, writer: &mut TableWriter<'_>);

    /// What makes this of a table with `before`; `false` when only a new table does.
    fn change(&self, before: &Self, writer: &mut TableWriter<'_>) -> bool;
}

/// What the table of each family is to hold; `None` when there is to be no table.
pub(crate) type Wanted<C> = [(Family, Option<C>); 2];

/// Keeps tables of one name as they are to be.
pub(crate) struct Keeper<C: Contents> {
    table: String,
    settings: C::Settings,
    connection: Connection,
    made: BTreeMap<Family, Made<C>>,
}

/// A table that we made, as we left it.
struct Made<C> {
    handle: u64,
    contents: C,
}

impl<C: Contents> Keeper<C> {
    /// Makes nothing yet; in the network namespace of the calling thread unless another is named.
    pub(crate) fn open(
        namespace: Option<BorrowedFd<'_>>,
        table: &str,
        settings: C::Settings,
    ) -> Result<Self, FirewallError> {
        if table.is_empty() || table.len() > uapi::MAX_TABLE_NAME || table.contains('\0') {
            return Err(FirewallError::TableName { table: table.to_owned() });
        }
        let connection = match namespace {
            None => Connection::open(Protocol::Netfilter),
            Some(namespace) => Connection::open_in(namespace, Protocol::Netfilter),
        };
        let connection = connection.map_err(FirewallError::opening)?;
        let (table, made) = (table.to_owned(), BTreeMap::new());
        let mut keeper = Self { table, settings, connection, made };
        match keeper.find()?.iter().find(|table| !table.is_ours) {
            Some(table) => Err(keeper.not_ours(table.family)),
            None => Ok(keeper),
        }
    }

    pub(crate) fn settings(&self) -> &C::Settings {
        &self.settings
    }

    /// Takes the tables away.
    pub(crate) fn remove(&mut self) -> Result<(), FirewallError> {
        self.apply(&Family::ALL.map(|family| (family, None)))
    }

    pub(crate) fn apply(&mut self, wanted: &Wanted<C>) -> Result<(), FirewallError> {
        match self.attempt(wanted) {
            // Somebody else took something out of the table. It is unknown by now, so it is made anew.
            Err(error) if error.is_outdated() => self.attempt(wanted),
            outcome => outcome,
        }
    }

    fn attempt(&mut self, wanted: &Wanted<C>) -> Result<(), FirewallError> {
        let found = self.find()?;
        let mut transaction = Transaction::default();
        for (family, contents) in wanted {
            let table = found.iter().find(|table| table.family == *family);
            let is_table = |made: &&Made<C>| table.is_some_and(|table| table.handle == made.handle);
            let made = self.made.get(family).filter(is_table);
            let mut writer = TableWriter::new(&mut transaction, *family, &self.table);
            if let (Some(made), Some(contents)) = (made, contents)
                && contents.change(&made.contents, &mut writer)
            {
                continue;
            }
            let contents = contents.as_ref().filter(|contents| !contents.is_empty());
            match table {
                Some(table) if table.is_ours => writer.delete(table.handle),
                Some(_) if contents.is_some() => return Err(self.not_ours(*family)),
                _ => {}
            }
            if let Some(contents) = contents {
                contents.create(&self.settings, &mut writer);
            }
        }
        if transaction.batch().is_empty() {
            return Ok(());
        }
        // Whatever comes of it, only what is read back is known.
        self.made.clear();
        self.connection
            .transact(uapi::NFNL_SUBSYS_NFTABLES, transaction.batch())
            .map_err(|error| FirewallError::changing(error, &transaction, &self.table))?;
        // A table that could not be read back is made anew the next time.
        for table in self.find().unwrap_or_default().into_iter().filter(|table| table.is_ours) {
            let contents = wanted.iter().find(|(family, _)| *family == table.family);
            if let Some((family, Some(contents))) = contents {
                let made = Made { handle: table.handle, contents: contents.clone() };
                self.made.insert(*family, made);
            }
        }
        Ok(())
    }

    fn find(&mut self) -> Result<Vec<Found>, FirewallError> {
        Found::all(&mut self.connection, &self.table, C::MARK)
            .map_err(|error| FirewallError::listing(error, &self.table))
    }

    fn not_ours(&self, family: Family) -> FirewallError {
        FirewallError::NotOurs { family, table: self.table.clone() }
    }
}
