//! Which addresses are here, for `ha_suspend`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::thread;

use netlink_addr::{Error, Monitor, RouteTable};
use nix::poll::{PollFd, PollFlags, poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cause::chain;

/// How soon the thread sees that nobody listens any more.
const TURN_MILLISECONDS: u8 = 250;

/// Says when addresses came or went.
pub(super) struct Addresses(UnboundedReceiver<()>);

impl Addresses {
    /// Watches in a thread of its own, which ends with this value.
    pub(super) fn watch() -> Result<Self, String> {
        let monitor = Monitor::open().map_err(|error| chain(&error))?;
        let (sender, receiver) = unbounded_channel();
        let watching = thread::Builder::new().name("addresses".into());
        let started = watching.spawn(move || watch(monitor, &sender));
        started.map_err(|error| error.to_string())?;
        Ok(Self(receiver))
    }

    /// Waits until addresses may be others. Cancel-safe.
    pub(super) async fn changed(&mut self) {
        if self.0.recv().await.is_none() {
            // The thread has ended, which it has logged.
            std::future::pending::<()>().await;
        }
    }
}

fn watch(mut monitor: Monitor, sender: &UnboundedSender<()>) {
    while !sender.is_closed() {
        let ready = poll(&mut [PollFd::new(monitor.as_fd(), PollFlags::POLLIN)], TURN_MILLISECONDS);
        if ready != Ok(0) {
            // What was lost is read anew as well.
            match monitor.changes() {
                Ok(changes) if changes.is_empty() => {}
                Ok(_) if sender.send(()).is_ok() => {}
                Ok(_) => return,
                Err(error) => {
                    tracing::error!(error = chain(&error), "ha_suspend: addresses are not watched");
                    return;
                }
            }
        }
    }
}

/// All that are here now.
pub(super) fn list() -> Result<BTreeSet<IpAddr>, Error> {
    let addresses = RouteTable::open()?.addresses()?;
    Ok(addresses.iter().map(|address| address.local).collect())
}
