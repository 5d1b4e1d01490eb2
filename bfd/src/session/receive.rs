//! A packet arrived (RFC 5880 section 6.8.6).

use super::{Actions, Poll, Remote, Session};
use crate::fields::{Diagnostic, State};
use crate::packet::ControlPacket;

impl Session {
    pub(super) fn receive(&mut self, packet: &ControlPacket, actions: &mut Actions) {
        let is_ours = match packet.your_discriminator {
            Some(named) => named == self.local,
            None => matches!(packet.state, State::Down | State::AdminDown),
        };
        if !is_ours || self.state == State::AdminDown {
            self.stats.discarded += 1;
            return;
        }
        self.stats.received += 1;
        let interval_before = self.transmit_interval();
        self.remote = Remote {
            discriminator: Some(packet.my_discriminator),
            state: packet.state,
            diagnostic: packet.diagnostic,
            min_rx: packet.required_min_rx,
            min_tx: packet.desired_min_tx,
            detect_mult: packet.detect_mult,
            is_demand: packet.is_demand,
        };
        if packet.is_final && self.poll == Poll::Sent {
            self.poll = Poll::Over;
            self.operative = self.wanted();
        }
        self.follow(packet.state);
        self.heard = Some(self.now);
        let interval = self.transmit_interval();
        if interval != interval_before {
            self.reschedule(interval_before, interval);
        }
        if packet.is_poll {
            // At once, whatever else is due (RFC 5880 section 6.8.7).
            self.answer(actions);
        }
    }

    /// The table of RFC 5880 section 6.2.
    fn follow(&mut self, remote: State) {
        match (self.state, remote) {
            (State::Init | State::Up, State::AdminDown) | (State::Up, State::Down) => {
                self.enter(State::Down, Diagnostic::NeighborSignaledSessionDown);
            }
            (State::Down, State::Down) => self.enter(State::Init, Diagnostic::None),
            (State::Down, State::Init) | (State::Init, State::Init | State::Up) => {
                self.enter(State::Up, Diagnostic::None);
            }
            _ => {}
        }
    }
}
