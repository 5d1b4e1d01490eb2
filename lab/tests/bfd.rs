//! A BFD session on real sockets, and those who want to bring it down from outside.
//!
//! Needs root; fails without.

use std::net::{IpAddr, UdpSocket};
use std::num::NonZeroU8;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bfd_io::session::{
    Config, ControlPacket, Discriminator, Input, Jitter, SINGLE_HOP_PORT, Session, State, Timestamp,
};
use bfd_io::{Bfd, SessionConfig, SetError};
use lab::namespaces::{Host, Lan};

const INTERVAL: Duration = Duration::from_millis(20);

fn timers() -> Config {
    Config::new(INTERVAL, INTERVAL, NonZeroU8::new(5).unwrap()).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn bound(host: &Host, address: &str, ttl: u32) -> UdpSocket {
    let address = address.to_owned();
    host.namespace().run(move || {
        let socket = UdpSocket::bind((address, SINGLE_HOP_PORT)).unwrap();
        socket.set_ttl(ttl).unwrap();
        socket
    })
}

/// A peer that a test drives; it also says what it heard last.
fn peer(
    host: &Host,
    ends: &Arc<AtomicBool>,
) -> (thread::JoinHandle<()>, Arc<Mutex<Option<ControlPacket>>>) {
    let socket = bound(host, "10.77.0.2", 255);
    socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    let heard = Arc::new(Mutex::new(None));
    let (told, ends) = (Arc::clone(&heard), Arc::clone(ends));
    let run = move || {
        let begin = Instant::now();
        let mut session = Session::new(timers(), Discriminator::new(77).unwrap());
        let mut buffer = [0; 64];
        while !ends.load(Ordering::Relaxed) {
            let now = Timestamp::from_epoch(begin.elapsed());
            let received = socket.recv(&mut buffer).ok();
            let packet = received.and_then(|length| ControlPacket::decode(&buffer[..length]).ok());
            let mut to_send = Vec::new();
            if let Some(packet) = packet {
                *told.lock().unwrap() = Some(packet);
                to_send.extend(session.handle(now, Input::Packet(&packet)).transmit);
            }
            to_send.extend(session.handle(now, Input::Wake(Jitter::NONE)).transmit);
            for packet in to_send {
                socket.send_to(&packet.encode(), ("10.77.0.1", SINGLE_HOP_PORT)).unwrap();
            }
        }
    };
    (thread::spawn(run), heard)
}

#[test]
fn strangers_do_not_bring_a_session_down() {
    let lan = Lan::new(3).unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&events);
    let ours = lan
        .host(0)
        .namespace()
        .run(move || Bfd::start(move |notice| noted.lock().unwrap().push(notice.state)).unwrap());
    ours.set([SessionConfig::new(ip("10.77.0.2"), timers())]).unwrap();
    let ends = Arc::new(AtomicBool::new(false));
    let (peer, heard) = peer(lan.host(1), &ends);
    eventually("it is up", || ours.status().unwrap()[0].state == State::Up);
    let spoken = heard.lock().unwrap().unwrap();

    // Somebody on the LAN who knows everything but is not where the TTL says, and somebody who knows nothing.
    let far = bound(lan.host(2), "10.77.0.3", 254);
    let down = ControlPacket {
        state: State::Down,
        my_discriminator: Discriminator::new(77).unwrap(),
        your_discriminator: Some(spoken.my_discriminator),
        ..spoken
    };
    let unknown = ControlPacket { your_discriminator: Discriminator::new(3), ..down };
    let nobody = ControlPacket { your_discriminator: None, ..down };
    const COUNT: u64 = 2000;
    let to = ("10.77.0.1", SINGLE_HOP_PORT);
    for number in 0..COUNT {
        far.send_to(&down.encode(), to).unwrap();
        far.send_to(&unknown.encode(), to).unwrap();
        far.send_to(&nobody.encode(), to).unwrap();
        let length = usize::try_from(number % 70).unwrap();
        far.send_to(&vec![u8::try_from(number % 251).unwrap(); length], to).unwrap();
        if number % 10 == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    eventually("all are counted", || {
        let counters = ours.counters().unwrap();
        let all = counters.hop_limit + counters.unknown + counters.invalid;
        // A few of the random ones are packets for somebody else.
        all == 4 * COUNT && counters.hop_limit == COUNT && counters.unknown < 21 * COUNT / 10
    });
    assert_eq!(*events.lock().unwrap().last().unwrap(), State::Up);
    assert_eq!(ours.status().unwrap()[0].stats.went_down, 0);

    // The peer goes: within five intervals it is known.
    ends.store(true, Ordering::Relaxed);
    peer.join().unwrap();
    eventually("it is down", || ours.status().unwrap()[0].state == State::Down);
    assert_eq!(*events.lock().unwrap().last().unwrap(), State::Down);
}

#[test]
fn what_cannot_be_taken_leaves_what_runs() {
    let lan = Lan::new(1).unwrap();
    let taken = bound(lan.host(0), "0.0.0.0", 255);
    let ours = lan.host(0).namespace().run(|| Bfd::start(|_| ()).unwrap());
    let session = |peer: &str| SessionConfig::new(ip(peer), timers());
    let refused = ours.set([session("10.77.0.2")]).unwrap_err();
    assert!(matches!(refused, SetError::Receive { port: SINGLE_HOP_PORT, .. }), "{refused}");
    assert!(ours.status().unwrap().is_empty());
    drop(taken);
    ours.set([session("10.77.0.2"), session("fd77::2")]).unwrap();
    let twice = ours.set([session("10.77.0.3"), session("10.77.0.3")]).unwrap_err();
    assert!(matches!(twice, SetError::Twice { .. }), "{twice}");
    let mixed = ours.set([session("10.77.0.3").source(ip("fd77::1"))]).unwrap_err();
    assert!(matches!(mixed, SetError::OtherFamily { .. }), "{mixed}");
    let peers: Vec<IpAddr> = ours.status().unwrap().iter().map(|status| status.peer).collect();
    assert_eq!(peers, [ip("10.77.0.2"), ip("fd77::2")]);
}
