//! From actions to the kernel.

use std::sync::atomic::Ordering;
use std::time::Instant;

use vrrp_fsm::proto::EncodeError;
use vrrp_fsm::{Action, Event, Input};

use super::duties::Duties;
use super::{Driver, Key};
use crate::code::state_code;
use crate::events::Notice;

/// Why an action could not be performed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the interface or its address is gone")]
    NoInterface,
    #[error("encode an advertisement")]
    Encode(#[from] EncodeError),
    #[error("send an advertisement")]
    Send(#[source] std::io::Error),
    #[error(transparent)]
    Netlink(#[from] netlink_addr::Error),
    #[error(transparent)]
    Address(#[from] netlink_addr::AddressError),
    #[error(transparent)]
    Announce(#[from] netlink_addr::AnnounceError),
}

/// Less than half a millisecond of work, mostly the kernel's.
const ROUTERS_PER_STEP: usize = 8;

/// What could not be performed.
pub(super) type Failed = Vec<(Key, Action)>;

impl Driver {
    /// Gives a router an input. What it asks for is performed together with what others are asked for, in
    /// the next turns of the loop: one report can concern a thousand routers.
    pub(super) fn input(&mut self, key: Key, input: Input<'_>) {
        if let Some(actions) = self.routers.handle(self.now(), &key, input) {
            self.duties.add(key, actions);
            self.follow_up();
        }
    }

    /// Members of groups go with each other.
    pub(super) fn follow_up(&mut self) {
        while let Some((key, actions)) = self.routers.follow_up(self.now()) {
            self.duties.add(key, actions);
        }
    }

    /// Performs everything that is to be done.
    pub(super) fn perform_all(&mut self) {
        while !self.duties.is_empty() {
            let mut duties = std::mem::take(&mut self.duties);
            let failed = self.perform_once(&mut duties);
            self.tell_failed(failed);
        }
    }

    /// Performs some of what is to be done: all advertisements that are next, and then the rest for a few
    /// routers. Between two steps other routers can have their turn, so that nobody's advertisement
    /// waits until the addresses of a thousand others are there.
    pub(super) fn perform_some(&mut self) {
        let adverts = self.duties.take_adverts();
        let mut failed = Vec::new();
        self.transmit(&adverts, &mut failed);
        let mut first = self.duties.take_first(ROUTERS_PER_STEP);
        failed.extend(self.perform_once(&mut first));
        self.tell_failed(failed);
    }

    /// Tells routers what could not be performed. What that brings about is to be done.
    fn tell_failed(&mut self, failed: Failed) {
        let now = self.now();
        for (key, action) in failed {
            if let Some(actions) = self.routers.handle(now, &key, Input::Failed(action)) {
                self.duties.add(key, actions);
            }
            self.follow_up();
        }
    }

    /// Performs the actions of each router in their order and goes on after a failure.
    pub(super) fn perform_once(&mut self, duties: &mut Duties) -> Failed {
        let mut failed = Vec::new();
        while !duties.is_empty() {
            let adverts = duties.take(|action| matches!(action, Action::Transmit(_)));
            self.transmit(&adverts, &mut failed);
            let changes = duties.take(|action| {
                matches!(
                    action,
                    Action::AddAddresses | Action::RemoveAddresses | Action::ReplaceAddresses
                )
            });
            self.change_addresses(&changes, &mut failed);
            let announcements = duties.take(|action| matches!(action, Action::Announce(_)));
            self.announce(&announcements, &mut failed);
            for (key, action) in duties.take(|action| matches!(action, Action::Notify(_))) {
                if let Action::Notify(event) = action {
                    self.notify(key, event);
                }
            }
        }
        failed
    }

    /// Notes a failure.
    pub(super) fn fail(&self, key: Key, action: Action, error: &Failure, failed: &mut Failed) {
        let (vrid, error) = (key.vrid.get(), crate::error::chain(error));
        tracing::warn!(vrid, ?action, error, "a duty could not be performed");
        failed.push((key, action));
    }

    fn notify(&mut self, key: Key, event: Event) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        let (interface, vrid) = (&instance.config.interface, key.vrid.get());
        match event {
            Event::StateChanged { from, to, cause } => {
                instance.state.store(state_code(to), Ordering::Release);
                tracing::info!(interface, vrid, %from, %to, ?cause, "state changed");
            }
            event => tracing::warn!(interface, vrid, ?event, "event"),
        }
        let Some(router) = self.routers.get(&key) else { return };
        let notice = Notice {
            at: Instant::now(),
            router: instance.id,
            priority: router.priority(),
            event,
            missed: 0,
        };
        instance.subscribers.publish(notice);
        self.subscribers.publish(notice);
    }
}
