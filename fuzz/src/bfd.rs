use std::num::NonZeroU8;
use std::time::Duration;

use bfd::{
    Actions, Config, ControlPacket, Discriminator, Input, Jitter, Session, State, Timestamp,
};

/// One step: what happens, the time that passes before, and a packet.
const STEP: usize = 3 + ControlPacket::LENGTH;

/// Packets and wake-ups in any order: what is accepted encodes to the same, what is refused moves nothing,
/// and the session always knows when it is to be woken.
pub fn bfd(octets: &[u8]) {
    let interval = Duration::from_millis(50);
    let config = Config::new(interval, interval, NonZeroU8::MIN).expect("50 ms are in range");
    let mut session = Session::new(config, Discriminator::MIN);
    let mut now = Timestamp::EPOCH;
    for step in octets.chunks(STEP) {
        let [what, high, low, packet @ ..] = step else { return };
        now = now + Duration::from_millis(u16::from_be_bytes([*high, *low]).into());
        let decoded = ControlPacket::decode(packet);
        if let Ok(decoded) = &decoded {
            assert_eq!(decoded.encode(), packet[..ControlPacket::LENGTH]);
        }
        let input = match (what % 5, &decoded) {
            (0, _) => Input::Disable,
            (1, _) => Input::Enable,
            (2, Ok(packet)) => Input::Packet(packet),
            _ => Input::Wake(Jitter(*what)),
        };
        check(&mut session, now, input);
    }
}

fn check(session: &mut Session, now: Timestamp, input: Input<'_>) {
    let before = (session.state(), session.deadline(), session.stats().discarded);
    let Actions { transmit, event } = session.handle(now, input);
    let state = session.state();
    assert_eq!(event.is_some(), before.0 != state);
    if let Some(event) = event {
        assert_eq!((event.from, event.to), (before.0, state));
    }
    if let Some(packet) = transmit {
        assert_eq!(ControlPacket::decode(&packet.encode()), Ok(packet));
        assert!(packet.state == state && !(packet.is_poll && packet.is_final));
    }
    if session.stats().discarded > before.2 {
        assert_eq!((state, session.deadline(), transmit), (before.0, before.1, None));
    }
    // Silence is always noticed, and who is held down waits for nothing.
    assert_eq!(session.deadline().is_some(), state != State::AdminDown);
}
