//! What both files of tests hear.

use std::num::NonZeroU8;

use bfd::{ControlPacket, Diagnostic, Discriminator, Microseconds, State};

/// A packet of the other end, for a session that is number 1.
pub(crate) fn packet(state: State) -> ControlPacket {
    ControlPacket {
        diagnostic: Diagnostic::None,
        state,
        is_poll: false,
        is_final: false,
        is_control_plane_independent: false,
        is_demand: false,
        detect_mult: NonZeroU8::new(3).unwrap(),
        my_discriminator: Discriminator::new(2).unwrap(),
        your_discriminator: Discriminator::new(1),
        desired_min_tx: Microseconds(10_000),
        required_min_rx: Microseconds(10_000),
        required_min_echo_rx: Microseconds(0),
    }
}
