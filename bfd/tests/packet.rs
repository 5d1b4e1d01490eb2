//! The codec.

use bfd::{ControlPacket, DecodeError, Diagnostic, Discriminator, Microseconds, State};
use proptest::prelude::*;

/// Up, Poll, diagnostic 3, multiplier 5, from 0x11223344 to 0x55667788.
const GOOD: [u8; 24] = [
    0x23, 0xe0, 5, 24, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0, 0, 0xc3, 0x50, 0, 0,
    0x75, 0x30, 0, 0, 0, 9,
];

#[test]
fn every_field_is_read() {
    let packet = ControlPacket::decode(&GOOD).unwrap();
    assert_eq!(packet.diagnostic, Diagnostic::NeighborSignaledSessionDown);
    assert_eq!((packet.state, packet.is_poll, packet.is_final), (State::Up, true, false));
    assert_eq!(packet.detect_mult.get(), 5);
    assert_eq!(packet.my_discriminator.get(), 0x1122_3344);
    assert_eq!(packet.your_discriminator, Discriminator::new(0x5566_7788));
    assert_eq!(packet.desired_min_tx, Microseconds(50_000));
    assert_eq!(packet.required_min_rx, Microseconds(30_000));
    assert_eq!(packet.required_min_echo_rx, Microseconds(9));
    assert_eq!(packet.encode(), GOOD);
}

#[test]
fn what_may_not_be_is_refused() {
    let with = |changes: &[(usize, u8)]| {
        let mut octets = GOOD;
        for (at, value) in changes {
            octets[*at] = *value;
        }
        ControlPacket::decode(&octets)
    };
    assert_eq!(ControlPacket::decode(&GOOD[..23]), Err(DecodeError::Truncated { octets: 23 }));
    assert_eq!(ControlPacket::decode(&[]), Err(DecodeError::Truncated { octets: 0 }));
    assert_eq!(with(&[(0, 0x03)]), Err(DecodeError::Version(0)));
    assert_eq!(with(&[(0, 0x43)]), Err(DecodeError::Version(2)));
    // A reserved diagnostic is no reason to be deaf.
    assert_eq!(with(&[(0, 0x29)]).unwrap().diagnostic, Diagnostic::Other(9));
    assert_eq!(with(&[(2, 0)]), Err(DecodeError::DetectMult));
    assert_eq!(with(&[(3, 23)]), Err(DecodeError::Length { length: 23, octets: 24 }));
    assert_eq!(with(&[(3, 25)]), Err(DecodeError::Length { length: 25, octets: 24 }));
    assert_eq!(with(&[(1, 0xe1)]), Err(DecodeError::Multipoint));
    assert_eq!(with(&[(1, 0xf0)]), Err(DecodeError::PollAndFinal));
    assert_eq!(with(&[(1, 0xe4)]), Err(DecodeError::Authentication));
    let mine = [(4, 0), (5, 0), (6, 0), (7, 0)];
    assert_eq!(with(&mine), Err(DecodeError::MyDiscriminator));
    let yours = [(8, 0), (9, 0), (10, 0), (11, 0)];
    assert_eq!(with(&yours), Err(DecodeError::YourDiscriminator(State::Up)));
    let down = [&yours[..], &[(1, 0x40)]].concat();
    assert_eq!(with(&down).unwrap().your_discriminator, None);
    // What follows the packet is not looked at.
    let longer = [&GOOD[..], &[1, 2, 3]].concat();
    assert_eq!(ControlPacket::decode(&longer), ControlPacket::decode(&GOOD));
}

proptest! {
    #[test]
    fn what_is_accepted_encodes_to_the_same(mut octets in proptest::array::uniform24(any::<u8>())) {
        let _ = ControlPacket::decode(&octets);
        // Most of what is random is refused at once.
        octets[0] = 0x20 | octets[0] & 0x1f;
        octets[1] &= 0xea;
        octets[3] = 24;
        if let Ok(packet) = ControlPacket::decode(&octets) {
            prop_assert_eq!(packet.encode(), octets);
        }
    }
}
