//! The table and what is known of it.

use std::collections::BTreeMap;

use netlink_conn::{Connection, Protocol};

use crate::blocked::{Blocked, Family};
use crate::elements::Elements;
use crate::error::FirewallError;
use crate::found::Found;
use crate::settings::Settings;
use crate::table::TableWriter;
use crate::transaction::Transaction;
use crate::uapi;

/// What the table of each family is to hold; `None` when there is to be no table.
type Wanted = [(Family, Option<Elements>); 2];

/// Addresses that this machine must not use.
///
/// Dropping it leaves everything in force.
#[expect(missing_debug_implementations, reason = "a connection has nothing to show")]
pub struct Firewall {
    settings: Settings,
    connection: Connection,
    made: BTreeMap<Family, Made>,
}

/// A table that we made, as we left it.
#[derive(Debug)]
struct Made {
    handle: u64,
    elements: Elements,
}

impl Firewall {
    /// Opens the firewall of the calling thread's network namespace. This makes nothing yet.
    ///
    /// # Errors
    /// [`FirewallError`], with [`FirewallError::NotOurs`] when somebody else has a table of this name.
    pub fn open(settings: Settings) -> Result<Self, FirewallError> {
        settings.check()?;
        let connection = Connection::open(Protocol::Netfilter).map_err(FirewallError::opening)?;
        let mut firewall = Self { settings, connection, made: BTreeMap::new() };
        match firewall.find()?.iter().find(|table| !table.is_ours) {
            Some(table) => Err(firewall.not_ours(table.family)),
            None => Ok(firewall),
        }
    }

    /// Blocks these addresses and no others, in one transaction.
    ///
    /// The same again changes nothing, except that a table which somebody else took away is put back.
    ///
    /// # Errors
    /// [`FirewallError`]. Then what was blocked before still is, unless the kernel's answer was lost.
    pub fn set_blocked(&mut self, blocked: &[Blocked]) -> Result<(), FirewallError> {
        let elements = |family| Elements::of(family, blocked, self.settings.by_index);
        let (ipv4, ipv6) = (elements(Family::Ipv4)?, elements(Family::Ipv6)?);
        self.apply(&[(Family::Ipv4, Some(ipv4)), (Family::Ipv6, Some(ipv6))])
    }

    /// Takes the table away, with everything in it. When there is none this is no error.
    ///
    /// # Errors
    /// [`FirewallError`].
    pub fn remove(&mut self) -> Result<(), FirewallError> {
        self.apply(&Family::ALL.map(|family| (family, None)))
    }

    fn apply(&mut self, wanted: &Wanted) -> Result<(), FirewallError> {
        match self.attempt(wanted) {
            // Somebody else took something out of the table. It is unknown by now, so it is made anew.
            Err(error) if error.is_outdated() => self.attempt(wanted),
            outcome => outcome,
        }
    }

    fn attempt(&mut self, wanted: &Wanted) -> Result<(), FirewallError> {
        let found = self.find()?;
        let mut transaction = Transaction::default();
        for (family, elements) in wanted {
            let table = found.iter().find(|table| table.family == *family);
            let is_table = |made: &&Made| table.is_some_and(|table| table.handle == made.handle);
            let made = self.made.get(family).filter(is_table);
            let mut writer = TableWriter::new(&mut transaction, *family, &self.settings);
            if let (Some(made), Some(elements)) = (made, elements) {
                writer.change(&made.elements, elements);
                continue;
            }
            let elements = elements.as_ref().filter(|elements| !elements.is_empty());
            match table {
                Some(table) if table.is_ours => writer.delete(table.handle),
                Some(_) if elements.is_some() => return Err(self.not_ours(*family)),
                _ => {}
            }
            if let Some(elements) = elements {
                writer.create();
                writer.change(&Elements::default(), elements);
            }
        }
        if transaction.batch().is_empty() {
            return Ok(());
        }
        // Whatever comes of it, only what is read back is known.
        self.made.clear();
        self.connection
            .transact(uapi::NFNL_SUBSYS_NFTABLES, transaction.batch())
            .map_err(|error| FirewallError::changing(error, &transaction, &self.settings.table))?;
        // A table that could not be read back is made anew the next time.
        for table in self.find().unwrap_or_default().into_iter().filter(|table| table.is_ours) {
            let elements = wanted.iter().find(|(family, _)| *family == table.family);
            if let Some((family, Some(elements))) = elements {
                let made = Made { handle: table.handle, elements: elements.clone() };
                self.made.insert(*family, made);
            }
        }
        Ok(())
    }

    fn find(&mut self) -> Result<Vec<Found>, FirewallError> {
        let table = &self.settings.table;
        Found::all(&mut self.connection, table)
            .map_err(|error| FirewallError::listing(error, table))
    }

    fn not_ours(&self, family: Family) -> FirewallError {
        FirewallError::NotOurs { family, table: self.settings.table.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_table_can_have_is_refused() {
        for name in ["".to_owned(), "x".repeat(256), "a\0b".to_owned()] {
            let error = Firewall::open(Settings::new(name)).err().unwrap();
            assert!(matches!(error, FirewallError::TableName { .. }), "{error}");
        }
    }
}
