//! Asking for addresses, routes, rules and links, and changing them.

mod links;
mod routes;
mod rules;

use std::net::IpAddr;

use netlink_conn::{Batch, Connection, Protocol, Request, RequestError, flags};

use crate::address::Address;
use crate::error::{AddressError, Error};
use crate::uapi;

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EADDRNOTAVAIL: i32 = 99;

/// The addresses, routes, rules and links of a network namespace.
#[expect(missing_debug_implementations, reason = "a connection has nothing to show")]
pub struct RouteTable {
    connection: Connection,
    batch: Batch,
}

impl RouteTable {
    /// Opens the table of the calling thread's network namespace.
    ///
    /// # Errors
    /// [`Error`]: no netlink socket.
    pub fn open() -> Result<Self, Error> {
        let connection =
            Connection::open(Protocol::Route).map_err(Error::of("open the table of addresses"))?;
        Ok(Self { connection, batch: Batch::new() })
    }

    /// Changes how many octets of answers the kernel keeps, up to the system's limit.
    ///
    /// # Errors
    /// [`Error`].
    pub fn set_receive_buffer(&mut self, octets: usize) -> Result<(), Error> {
        let set = self.connection.set_receive_buffer(octets);
        set.map_err(Error::of("set the buffer for answers about addresses"))
    }

    /// Makes sure that the addresses exist, and says of each what became of it.
    ///
    /// One that exists is no error. It gets the new lifetimes and keeps its label, scope, broadcast
    /// address and peer; to change these, remove it first.
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked; the inner ones when it refused.
    pub fn add(&mut self, addresses: &[Address]) -> Result<Vec<Result<(), AddressError>>, Error> {
        self.batch.clear();
        for address in addresses {
            let flags = flags::CREATE | flags::REPLACE;
            address.write(&mut self.batch.request(uapi::RTM_NEWADDR, flags));
        }
        self.execute("add addresses", addresses, &[EEXIST])
    }

    /// Makes sure that the addresses do not exist, and says of each what became of it.
    ///
    /// One that is gone, with its interface or without, is no error.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn remove(
        &mut self,
        addresses: &[Address],
    ) -> Result<Vec<Result<(), AddressError>>, Error> {
        self.batch.clear();
        for address in addresses {
            address.write(&mut self.batch.request(uapi::RTM_DELADDR, 0));
        }
        self.execute("remove addresses", addresses, &[EADDRNOTAVAIL, ENODEV])
    }

    /// All addresses of all interfaces.
    ///
    /// # Errors
    /// [`Error`].
    pub fn addresses(&mut self) -> Result<Vec<Address>, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; uapi::IFADDRMSG]);
        };
        self.connection
            .dump(uapi::RTM_GETADDR, write, |message| Address::read(&message))
            .map_err(Error::of("list addresses"))
    }

    fn execute(
        &mut self,
        action: &'static str,
        addresses: &[Address],
        harmless: &[i32],
    ) -> Result<Vec<Result<(), AddressError>>, Error> {
        let outcomes = self.connection.execute(&mut self.batch).map_err(Error::of(action))?;
        let explained = outcomes.into_iter().zip(addresses).map(|(outcome, address)| {
            outcome.or_else(|source| match &source {
                RequestError::Refused(error) if harmless.contains(&error.errno()) => Ok(()),
                _ => Err(explain(address.local, address.interface, source)),
            })
        });
        Ok(explained.collect())
    }
}

fn explain(address: IpAddr, interface: u32, source: RequestError) -> AddressError {
    match &source {
        RequestError::Refused(error) if error.errno() == EPERM => {
            AddressError::Permission { address, source }
        }
        RequestError::Refused(error) if error.errno() == ENODEV => {
            AddressError::NoInterface { address, interface, source }
        }
        _ => AddressError::Refused { address, source },
    }
}

/// Whether the kernel refused it with this number.
fn is_refusal(error: &RequestError, errno: i32) -> bool {
    matches!(error, RequestError::Refused(error) if error.errno() == errno)
}
