//! Addresses are blocked and unblocked.

use super::blocked::Blocked;
use super::elements::Elements;
use super::settings::Settings;
use crate::error::FirewallError;
use crate::family::Family;
use crate::keeper::Keeper;

/// Addresses that this machine must not use.
///
/// Dropping it leaves everything in force.
#[expect(missing_debug_implementations, reason = "a connection has nothing to show")]
pub struct Firewall(Keeper<Elements>);

impl Firewall {
    /// Opens the firewall of the calling thread's network namespace. This makes nothing yet.
    ///
    /// # Errors
    /// [`FirewallError`], with [`FirewallError::NotOurs`] when somebody else has a table of this name.
    pub fn open(settings: Settings) -> Result<Self, FirewallError> {
        let table = settings.table.clone();
        Keeper::open(None, &table, settings).map(Self)
    }

    /// Blocks these addresses and no others, in one transaction.
    ///
    /// The same again changes nothing, except that a table which somebody else took away is put back.
    ///
    /// # Errors
    /// [`FirewallError`]. Then what was blocked before still is, unless the kernel's answer was lost.
    pub fn set_blocked(&mut self, blocked: &[Blocked]) -> Result<(), FirewallError> {
        let by_index = self.0.settings().by_index;
        let elements = |family| Elements::of(family, blocked, by_index);
        let (ipv4, ipv6) = (elements(Family::Ipv4)?, elements(Family::Ipv6)?);
        self.0.apply(&[(Family::Ipv4, Some(ipv4)), (Family::Ipv6, Some(ipv6))])
    }

    /// Takes the table away, with everything in it. When there is none this is no error.
    ///
    /// # Errors
    /// [`FirewallError`].
    pub fn remove(&mut self) -> Result<(), FirewallError> {
        self.0.remove()
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
