//! Asking for addresses, routes and links, and changing addresses and routes.

mod links;

use std::net::IpAddr;

use netlink_conn::{Batch, Connection, Protocol, Request, RequestError, flags};

use crate::address::Address;
use crate::error::{AddressError, Error, RouteError};
use crate::route::Route;
use crate::uapi;

const EPERM: i32 = 1;
const ESRCH: i32 = 3;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EADDRNOTAVAIL: i32 = 99;

/// The addresses, routes and links of a network namespace.
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
    pub fn set_receive_buffer(&self, octets: usize) -> Result<(), Error> {
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

    /// Makes sure that the routes exist, and says of each what became of it.
    ///
    /// One that exists just so is no error. Another one to the same network is left alone: in IPv4 the
    /// new one comes before it, in IPv6 that is reported as [`RouteError::Exists`].
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked; the inner ones when it refused.
    pub fn add_routes(&mut self, routes: &[Route]) -> Result<Vec<Result<(), RouteError>>, Error> {
        self.batch.clear();
        for route in routes {
            // An IPv4 route stands beside another one to the same network, before it. In IPv6 it would
            // become a second next hop of the other one.
            let flags = match route.destination {
                IpAddr::V4(_) => flags::CREATE,
                IpAddr::V6(_) => flags::CREATE | flags::EXCL,
            };
            route.write(&mut self.batch.request(uapi::RTM_NEWROUTE, flags));
        }
        let action = "add routes";
        let outcomes = self.connection.execute(&mut self.batch).map_err(Error::of(action))?;
        let is_there = |error: &RequestError| matches!(error, RequestError::Refused(error) if error.errno() == EEXIST);
        let present = match outcomes.iter().any(|o| o.as_ref().is_err_and(is_there)) {
            // What was added was added, whether or not this can be told.
            true => self.routes().unwrap_or_default(),
            false => Vec::new(),
        };
        let explained = outcomes.into_iter().zip(routes).map(|(outcome, route)| {
            outcome.or_else(|source| {
                let (destination, prefix_length) = (route.destination, route.prefix_length);
                match is_there(&source) {
                    true if destination.is_ipv4() => Ok(()),
                    true if present.iter().any(|other| other.is_same(route)) => Ok(()),
                    true => Err(RouteError::Exists { destination, prefix_length }),
                    false => Err(explain_route(route, source)),
                }
            })
        });
        Ok(explained.collect())
    }

    /// Makes sure that the routes do not exist, and says of each what became of it.
    ///
    /// One that is gone, with its interface or without, is no error.
    ///
    /// # Errors
    /// As [`add_routes`](Self::add_routes).
    pub fn remove_routes(
        &mut self,
        routes: &[Route],
    ) -> Result<Vec<Result<(), RouteError>>, Error> {
        self.batch.clear();
        for route in routes {
            route.write(&mut self.batch.request(uapi::RTM_DELROUTE, 0));
        }
        let action = "remove routes";
        let outcomes = self.connection.execute(&mut self.batch).map_err(Error::of(action))?;
        let explained = outcomes.into_iter().zip(routes).map(|(outcome, route)| {
            outcome.or_else(|source| match &source {
                RequestError::Refused(error) if [ESRCH, ENODEV].contains(&error.errno()) => Ok(()),
                _ => Err(explain_route(route, source)),
            })
        });
        Ok(explained.collect())
    }

    /// All routes of all tables but those with several next hops.
    ///
    /// # Errors
    /// [`Error`].
    pub fn routes(&mut self) -> Result<Vec<Route>, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; uapi::RTMSG]);
        };
        self.connection
            .dump(uapi::RTM_GETROUTE, write, |message| Route::read(&message))
            .map_err(Error::of("list routes"))
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

fn explain_route(route: &Route, source: RequestError) -> RouteError {
    let (destination, prefix_length) = (route.destination, route.prefix_length);
    match &source {
        RequestError::Refused(error) if error.errno() == EPERM => {
            RouteError::Permission { destination, prefix_length, source }
        }
        _ => RouteError::Refused { destination, prefix_length, source },
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
