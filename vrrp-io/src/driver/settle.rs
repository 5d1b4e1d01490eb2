//! Interfaces that count as up or down only after a while, and those whose driver has to be asked.

use std::time::Duration;

use netlink_addr::CarrierProbe;
use vrrp_fsm::Timestamp;

use super::Driver;
use crate::config::InterfaceSettings;

const POLL: Duration = Duration::from_secs(1);

/// The driver is asked through this, from time to time.
#[derive(Default)]
pub(super) struct Polling {
    probe: Option<CarrierProbe>,
    due: Option<Timestamp>,
}

impl Driver {
    pub(super) fn set_interfaces(&mut self, settings: InterfaceSettings) {
        self.polling = Polling::default();
        self.unknown = settings.logs_unknown.then(std::collections::BTreeMap::new);
        if settings.polls_all || !settings.polled.is_empty() {
            match CarrierProbe::open() {
                Ok(Some(probe)) => {
                    self.polling = Polling { probe: Some(probe), due: Some(self.now()) };
                }
                Ok(None) => tracing::error!("this kernel cannot be asked for carriers"),
                Err(error) => {
                    let error = crate::error::chain(&error);
                    tracing::error!(error, "carriers are not polled");
                }
            }
        }
        let now = self.now();
        for place in self.interfaces.set_settings(settings, now) {
            self.tell_interface(place);
        }
        self.tell_watchers();
    }

    /// When an interface may be settled, or drivers are to be asked.
    pub(super) fn settle_deadline(&self) -> Option<Timestamp> {
        self.interfaces.settle_deadline().into_iter().chain(self.polling.due).min()
    }

    pub(super) fn settle(&mut self, now: Timestamp) {
        if self.polling.due.is_some_and(|due| due <= now) {
            self.polling.due = Some(now + POLL);
            self.poll(now);
        }
        for place in self.interfaces.settle(now) {
            self.tell_interface(place);
        }
        self.tell_watchers();
    }

    fn poll(&mut self, now: Timestamp) {
        let Some(probe) = &mut self.polling.probe else { return };
        match probe.carriers() {
            Ok(carriers) => {
                for place in self.interfaces.set_carriers(&carriers, now) {
                    self.tell_interface(place);
                }
            }
            Err(error) => {
                let error = crate::error::chain(&error);
                tracing::warn!(error, "drivers cannot be asked");
            }
        }
    }
}
