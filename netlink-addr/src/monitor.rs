//! What changes.

use std::os::fd::{AsFd, BorrowedFd};

use netlink_conn::{Events, Message, Protocol, Received};

use crate::address::Address;
use crate::error::Error;
use crate::link::Link;
use crate::route::Route;
use crate::rule::Rule;
use crate::uapi;

const ACTION: &str = "watch links, addresses, routes and rules";

/// Something that changed in the namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A link is new, or one of its attributes changed.
    Link(Link),
    /// A link is gone.
    LinkGone(Link),
    /// An address is new, or one of its attributes changed.
    Address(Address),
    /// An address is gone.
    AddressGone(Address),
    /// A route is gone. Routes that go with an address or a link go without a word.
    RouteGone(Box<Route>),
    /// A policy rule is gone.
    RuleGone(Rule),
    /// Changes were lost, because there were more than could be kept. Read anew what is watched.
    Lost,
}

/// Watches links and addresses, or routes and rules. It never blocks; wait for it with epoll or poll.
#[derive(Debug)]
pub struct Monitor {
    events: Events,
}

impl Monitor {
    /// Watches the network namespace of the calling thread.
    ///
    /// # Errors
    /// [`Error`].
    pub fn open() -> Result<Self, Error> {
        Self::watch(&[uapi::RTNLGRP_LINK, uapi::RTNLGRP_IPV4_IFADDR, uapi::RTNLGRP_IPV6_IFADDR])
    }

    /// Watches routes and policy rules alone: where a routing daemon runs, these can be many.
    ///
    /// # Errors
    /// [`Error`].
    pub fn open_routes() -> Result<Self, Error> {
        Self::watch(&[
            uapi::RTNLGRP_IPV4_ROUTE,
            uapi::RTNLGRP_IPV6_ROUTE,
            uapi::RTNLGRP_IPV4_RULE,
            uapi::RTNLGRP_IPV6_RULE,
        ])
    }

    /// Changes how many octets of news the kernel keeps; with `force` even above the system's limit.
    ///
    /// # Errors
    /// [`Error`].
    pub fn set_receive_buffer(&self, octets: usize, force: bool) -> Result<(), Error> {
        let set = self.events.set_receive_buffer(octets, force);
        set.map_err(Error::of("set the buffer for news of links and addresses"))
    }

    fn watch(groups: &[u32]) -> Result<Self, Error> {
        let events = Events::open(Protocol::Route, groups).map_err(Error::of(ACTION))?;
        Ok(Self { events })
    }

    /// What has changed since the last call.
    ///
    /// # Errors
    /// [`Error`].
    pub fn changes(&mut self) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        let received = self
            .events
            .receive(|message| changes.extend(read(&message)))
            .map_err(Error::of(ACTION))?;
        if received == Received::Overrun {
            changes.push(Change::Lost);
        }
        Ok(changes)
    }
}

fn read(message: &Message<'_>) -> Option<Change> {
    match message.kind {
        uapi::RTM_NEWLINK => Link::read(message).map(Change::Link),
        uapi::RTM_DELLINK => Link::read(message).map(Change::LinkGone),
        uapi::RTM_NEWADDR => Address::read(message).map(Change::Address),
        uapi::RTM_DELADDR => Address::read(message).map(Change::AddressGone),
        uapi::RTM_DELROUTE => Route::read(message.payload).map(Box::new).map(Change::RouteGone),
        uapi::RTM_DELRULE => Rule::read(message.payload).map(Change::RuleGone),
        _ => None,
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}
