//! What routers track besides interfaces and scripts: numbers in files, how many of a process run, and
//! sessions of BFD.

pub mod bfd;
pub mod files;
pub mod processes;

use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vrrp_io::fsm::Standing;
use vrrp_io::{Stopped, Vrrp};

/// Routers start with the first result. What hangs is not waited for any longer.
const FIRST_RESULT: Duration = Duration::from_secs(2);

/// Who is told how tracked things are.
trait Listener: Debug + Send + Sync + 'static {
    fn tell(&self, item: String, standing: Standing) -> Result<(), Stopped>;
}

impl Listener for Vrrp {
    fn tell(&self, item: String, standing: Standing) -> Result<(), Stopped> {
        self.report(item, standing)
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers what it was told.
    #[derive(Debug, Default)]
    pub(super) struct Notes(Mutex<Vec<(String, Standing)>>);

    impl Notes {
        pub(super) fn all(&self) -> Vec<(String, Standing)> {
            lock(&self.0).clone()
        }

        pub(super) fn last(&self, item: &str) -> Option<Standing> {
            let told = lock(&self.0);
            told.iter().rev().find(|(name, _)| name == item).map(|(_, standing)| *standing)
        }
    }

    impl Listener for Notes {
        fn tell(&self, item: String, standing: Standing) -> Result<(), Stopped> {
            lock(&self.0).push((item, standing));
            Ok(())
        }
    }
}
