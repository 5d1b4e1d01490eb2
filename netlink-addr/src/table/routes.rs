//! Routes are listed, added and removed.

use std::net::IpAddr;

use netlink_conn::{Request, RequestError, flags};

use super::{EEXIST, ENODEV, EPERM, ESRCH, RouteTable, is_refusal};
use crate::error::{Error, RouteError};
use crate::route::{Insertion, Metrics, Route};
use crate::uapi;

impl RouteTable {
    /// Makes sure that the routes exist, and says of each what became of it.
    ///
    /// One that exists just so is no error. Another one to the same network is left alone: in IPv4 the
    /// new one comes before it, in IPv6 that is reported as [`RouteError::Exists`]. With another
    /// [`Insertion`] it is as that says.
    ///
    /// # Errors
    /// [`Error`] when the kernel could not be asked; the inner ones when it refused.
    ///
    /// # Panics
    /// When the next hops or the labels of a route need more than 65,531 octets: more than a hundred of the
    /// longest next hops do.
    pub fn add_routes(&mut self, routes: &[Route]) -> Result<Vec<Result<(), RouteError>>, Error> {
        self.batch.clear();
        for route in routes {
            route.write(&mut self.batch.request(uapi::RTM_NEWROUTE, insertion_flags(route)));
        }
        let action = "add routes";
        let outcomes = self.connection.execute(&mut self.batch).map_err(Error::of(action))?;
        let is_there = |error: &RequestError| is_refusal(error, EEXIST);
        let present = match outcomes.iter().any(|o| o.as_ref().is_err_and(is_there)) {
            // What was added was added, whether or not this can be told.
            true => self.routes().unwrap_or_default(),
            false => Vec::new(),
        };
        let explained = outcomes.into_iter().zip(routes).map(|(outcome, route)| {
            outcome.or_else(|source| {
                let (destination, prefix_length) = (route.destination, route.prefix_length);
                // Only then it is not the very same one that IPv4 has already.
                let is_exclusive = destination.is_ipv6() || route.insertion == Insertion::Add;
                match is_there(&source) {
                    true if !is_exclusive => Ok(()),
                    true if present.iter().any(|other| other.is_same(route)) => Ok(()),
                    true => Err(RouteError::Exists { destination, prefix_length }),
                    false => Err(explain(route, source)),
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
    ///
    /// # Panics
    /// As [`add_routes`](Self::add_routes).
    pub fn remove_routes(
        &mut self,
        routes: &[Route],
    ) -> Result<Vec<Result<(), RouteError>>, Error> {
        self.batch.clear();
        for route in routes {
            // The kernel cuts some of these values when it adds a route, and then finds none with the
            // value that was given.
            let route = Route { mtu: None, metrics: Metrics::default(), ..route.clone() };
            route.write(&mut self.batch.request(uapi::RTM_DELROUTE, 0));
        }
        let action = "remove routes";
        let outcomes = self.connection.execute(&mut self.batch).map_err(Error::of(action))?;
        let is_gone = |error: &RequestError| is_refusal(error, ESRCH) || is_refusal(error, ENODEV);
        let explained = outcomes.into_iter().zip(routes).map(|(outcome, route)| match outcome {
            Err(source) if !is_gone(&source) => Err(explain(route, source)),
            _ => Ok(()),
        });
        Ok(explained.collect())
    }

    /// All routes of all tables.
    ///
    /// # Errors
    /// [`Error`].
    pub fn routes(&mut self) -> Result<Vec<Route>, Error> {
        let write = |request: &mut Request<'_>| {
            request.fixed(&[0; uapi::RTMSG]);
        };
        self.connection
            .dump(uapi::RTM_GETROUTE, write, |message| Route::read(message.payload))
            .map_err(Error::of("list routes"))
    }
}

fn insertion_flags(route: &Route) -> u16 {
    let more = match (route.insertion, route.destination) {
        (Insertion::Append, _) => flags::APPEND,
        // An IPv6 route would become a second next hop of another one to the same network.
        (Insertion::Add, _) | (Insertion::Usual, IpAddr::V6(_)) => flags::EXCL,
        (Insertion::Usual | Insertion::Prepend, _) => 0,
    };
    flags::CREATE | more
}

fn explain(route: &Route, source: RequestError) -> RouteError {
    let (destination, prefix_length) = (route.destination, route.prefix_length);
    if is_refusal(&source, EPERM) {
        return RouteError::Permission { destination, prefix_length, source };
    }
    RouteError::Refused { destination, prefix_length, source }
}
