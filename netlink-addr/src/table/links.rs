//! Links are listed, made, changed and removed.

use netlink_conn::{Request, RequestError, flags};

use super::{ENODEV, EPERM, RouteTable};
use crate::error::{Error, LinkError};
use crate::link::{Link, LinkSettings, VirtualLink};
use crate::uapi;

/// A group that nobody uses by chance: links are moved into it in order to be removed together.
const LEAVING: u32 = 0x7672_7270;

impl RouteTable {
    /// All interfaces.
    ///
    /// # Errors
    /// [`Error`].
    pub fn links(&mut self) -> Result<Vec<Link>, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; uapi::IFINFOMSG]);
        };
        self.connection
            .dump(uapi::RTM_GETLINK, write, |message| Link::read(&message))
            .map_err(Error::of("list interfaces"))
    }

    /// The interface with this name, if there is one.
    ///
    /// # Errors
    /// [`Error`].
    pub fn link_by_name(&mut self, name: &str) -> Result<Option<Link>, Error> {
        Ok(self.links()?.into_iter().find(|link| link.name == name))
    }

    /// Makes interfaces, and says of each what became of it. They are down at first.
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked; the inner ones when it refused.
    pub fn add_links(
        &mut self,
        links: &[VirtualLink],
    ) -> Result<Vec<Result<(), LinkError>>, Error> {
        self.batch.clear();
        for link in links {
            let flags = flags::CREATE | flags::EXCL;
            link.write(&mut self.batch.request(uapi::RTM_NEWLINK, flags));
        }
        let names = links.iter().map(|link| link.name.clone());
        self.execute_links("make interfaces", names, &[])
    }

    /// Changes interfaces, and says of each what became of it.
    ///
    /// # Errors
    /// As [`add_links`](Self::add_links).
    pub fn change_links(
        &mut self,
        changes: &[LinkSettings],
    ) -> Result<Vec<Result<(), LinkError>>, Error> {
        self.batch.clear();
        for change in changes {
            change.write(&mut self.batch.request(uapi::RTM_NEWLINK, 0));
        }
        let names = changes.iter().map(|change| format!("interface {}", change.index));
        self.execute_links("change interfaces", names, &[])
    }

    /// Removes virtual interfaces by their index. Those that are gone are no error.
    ///
    /// They go all at once: the kernel waits some milliseconds for each one that is removed alone.
    ///
    /// # Errors
    /// As [`add_links`](Self::add_links).
    pub fn remove_links(&mut self, indexes: &[u32]) -> Result<Vec<Result<(), LinkError>>, Error> {
        let alone = |index: &u32| {
            let mut fixed = [0; uapi::IFINFOMSG];
            fixed[4..8].copy_from_slice(&index.to_ne_bytes());
            fixed
        };
        let names = || indexes.iter().map(|index| format!("interface {index}"));
        if indexes.len() > 1 {
            self.batch.clear();
            for index in indexes {
                let change = LinkSettings::new(*index).group(LEAVING);
                change.write(&mut self.batch.request(uapi::RTM_NEWLINK, 0));
            }
            self.execute_links("remove interfaces", names(), &[ENODEV])?;
            self.batch.clear();
            self.batch
                .request(uapi::RTM_DELLINK, 0)
                .fixed(&[0; uapi::IFINFOMSG])
                .attribute(uapi::IFLA_GROUP, &LEAVING.to_ne_bytes());
            let all = self.execute_links("remove interfaces", names().take(1), &[])?;
            if all.iter().all(Result::is_ok) {
                return Ok(indexes.iter().map(|_| Ok(())).collect());
            }
        }
        self.batch.clear();
        for index in indexes {
            self.batch.request(uapi::RTM_DELLINK, 0).fixed(&alone(index));
        }
        self.execute_links("remove interfaces", names(), &[ENODEV])
    }

    fn execute_links(
        &mut self,
        action: &'static str,
        names: impl Iterator<Item = String>,
        harmless: &[i32],
    ) -> Result<Vec<Result<(), LinkError>>, Error> {
        let outcomes = self.connection.execute(&mut self.batch).map_err(Error::of(action))?;
        let explained = outcomes.into_iter().zip(names).map(|(outcome, interface)| {
            outcome.or_else(|source| match &source {
                RequestError::Refused(error) if harmless.contains(&error.errno()) => Ok(()),
                RequestError::Refused(error) if error.errno() == EPERM => {
                    Err(LinkError::Permission { interface, source })
                }
                _ => Err(LinkError::Refused { interface, source }),
            })
        });
        Ok(explained.collect())
    }
}
