//! Packets leave (RFC 5880 section 6.8.7).

use core::num::NonZeroU8;
use core::time::Duration;

use super::{Actions, Poll, Session};
use crate::fields::{Microseconds, State};
use crate::packet::ControlPacket;

impl Session {
    /// Whether it sends by itself.
    pub(super) fn sends(&self) -> bool {
        let is_unwanted = self.remote.min_rx == Microseconds(0);
        let both_up = self.state == State::Up && self.remote.state == State::Up;
        let is_on_demand = self.remote.is_demand && both_up && self.poll == Poll::Over;
        self.state != State::AdminDown && self.may_speak() && !is_unwanted && !is_on_demand
    }

    /// Who is passive says nothing to a peer that it has not heard.
    pub(super) fn may_speak(&self) -> bool {
        !self.config.is_passive || self.remote.discriminator.is_some()
    }

    pub(super) fn transmit_periodically(&mut self, actions: &mut Actions) {
        let mut packet = self.packet();
        if self.poll != Poll::Over {
            packet.is_poll = true;
            self.poll = Poll::Sent;
        }
        self.stats.sent += 1;
        self.next_transmit = self.now + self.jittered(self.transmit_interval());
        actions.transmit = Some(packet);
    }

    /// Answers a poll. That leaves the packets that are due where they are.
    pub(super) fn answer(&mut self, actions: &mut Actions) {
        let mut packet = self.packet();
        packet.is_final = true;
        self.stats.sent += 1;
        actions.transmit = Some(packet);
    }

    /// The next packet is due as if the interval had always been this one, but not in the past.
    pub(super) fn reschedule(&mut self, before: Duration, interval: Duration) {
        let (before, interval) = (self.jittered(before), self.jittered(interval));
        let left = self.next_transmit.saturating_since(self.now);
        let passed = before.saturating_sub(left);
        self.next_transmit = self.now + interval.saturating_sub(passed);
    }

    /// 75 to 100 % of the interval, or 75 to 90 % when one missing packet is enough.
    fn jittered(&self, interval: Duration) -> Duration {
        let (from, room) = match self.config.detect_mult {
            NonZeroU8::MIN => (90, 15),
            _ => (100, 25),
        };
        let thousandths = from * 10 - room * 10 * u32::from(self.jitter.0) / 255;
        interval.saturating_mul(thousandths) / 1000
    }

    fn packet(&self) -> ControlPacket {
        ControlPacket {
            diagnostic: self.diagnostic,
            state: self.state,
            is_poll: false,
            is_final: false,
            is_control_plane_independent: false,
            is_demand: false,
            detect_mult: self.config.detect_mult,
            my_discriminator: self.local,
            your_discriminator: self.remote.discriminator,
            desired_min_tx: self.wanted().min_tx,
            required_min_rx: self.config.required_min_rx,
            required_min_echo_rx: Microseconds(0),
        }
    }
}
