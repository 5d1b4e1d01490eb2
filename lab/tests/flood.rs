//! A hundred thousand hostile packets a second, with the right VRID, for half a minute.
//!
//! Needs root, and fails without.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lab::namespaces::{Host, Lan};
use socket2::{Domain, Protocol, Socket, Type};
use vrrp_io::fsm::State;
use vrrp_io::proto::{
    AddressList, Advertisement, Authentication, Centiseconds, ChecksumForm, Interval, Ipv4Envelope,
    MULTICAST_IPV4, Priority, Signer, Vrid,
};
use vrrp_io::{Router, RouterConfig, Vrrp};

const PER_SECOND: u32 = 100_000;
const FOR: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(100);
const VIRTUAL_IP: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 100);

fn vrid() -> Vrid {
    Vrid::new(51).unwrap()
}

/// Packets of priority 255 that would silence the Active router or fool the Backup, each with one
/// thing wrong.
fn hostile(source: Ipv4Addr) -> Vec<Vec<u8>> {
    const TTL: usize = 8;
    const VRRP: usize = 20;
    let addresses = [VIRTUAL_IP];
    let list = AddressList::new(&addresses).unwrap();
    let good = Advertisement::v3_ipv4(vrid(), Priority::OWNER, Centiseconds::DEFAULT, list);
    let envelope =
        Ipv4Envelope { source, destination: MULTICAST_IPV4, ttl: 255, identification: 1 };
    let mut buffer = [0; 64];
    let length = Signer::new(Authentication::None, 0)
        .encode_ipv4(&good, &envelope, ChecksumForm::default(), &mut buffer)
        .unwrap();
    let good = buffer[..length].to_vec();
    let damaged = |at: usize, octet: u8| {
        let mut packet = good.clone();
        packet[at] = octet;
        packet
    };
    // With a checksum that is right for what is in the packet, so that only the one thing is wrong.
    let summed = |mut packet: Vec<u8>| {
        packet[VRRP + 6..VRRP + 8].fill(0);
        let length = u32::try_from(packet.len() - VRRP).unwrap();
        let pseudo_header = [&packet[12..20], &[0, 112], &length.to_be_bytes()[2..]].concat();
        let words = pseudo_header.chunks(2).chain(packet[VRRP..].chunks(2));
        let sum: u32 = words.map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum();
        let folded = u16::try_from((sum >> 16) + (sum & 0xffff)).unwrap();
        packet[VRRP + 6..VRRP + 8].copy_from_slice(&(!folded).to_be_bytes());
        packet
    };
    let mut packets = vec![
        damaged(TTL, 254),
        summed(damaged(VRRP, 0x41)),
        summed(damaged(VRRP, 0x32)),
        summed(damaged(VRRP + 3, 2)),
        // An interval of zero.
        summed(damaged(VRRP + 5, 0)),
        damaged(VRRP + 2, 0),
        damaged(VRRP + 7, 0xff),
        summed(good[..VRRP + 8].to_vec()),
        good[..VRRP + 4].to_vec(),
    ];
    for packet in &mut packets {
        // The kernel corrects nothing but the length and the header's checksum.
        let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
        packet[2..4].copy_from_slice(&length);
    }
    packets
}

/// Sends until it is told to stop; returns how many packets left.
fn attack(source: Ipv4Addr, is_over: &AtomicBool) -> u64 {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(255))).unwrap();
    socket.bind_device(Some(b"eth0")).unwrap();
    let destination = SocketAddr::from((MULTICAST_IPV4, 0)).into();
    let packets = hostile(source);
    let begin = Instant::now();
    let mut sent = 0u64;
    let mut next = packets.iter().cycle();
    while !is_over.load(Ordering::Relaxed) {
        let due = begin.elapsed().as_micros() * u128::from(PER_SECOND) / 1_000_000;
        while u128::from(sent) < due {
            socket.send_to(next.next().unwrap(), &destination).unwrap();
            sent += 1;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    sent
}

/// What a host's kernel says of IPv4: packets that arrived, and those it dropped because a raw
/// socket's buffer was full (a machine that is busy with other things reads too late).
fn arrived_and_dropped(host: &Host) -> (u64, u64) {
    let [snmp, raw] = host.namespace().run(|| {
        ["snmp", "raw"]
            .map(|name| std::fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap())
    });
    let mut lines = snmp.lines().filter(|line| line.starts_with("Ip: "));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let mut columns = names.split_whitespace().zip(values.split_whitespace());
    let (_, arrived) = columns.find(|(name, _)| *name == "InReceives").unwrap();
    let drops = raw.lines().skip(1).map(|line| line.split_whitespace().last().unwrap());
    (arrived.parse().unwrap(), drops.map(|drops| drops.parse::<u64>().unwrap()).sum())
}

fn add(lan: &Lan, host: u8, priority: u8) -> (Vrrp, Router) {
    lan.host(host).namespace().run(move || {
        let config = RouterConfig::builder("eth0", vrid())
            .priority(Priority::new(priority).unwrap())
            .interval(Interval::V3(Centiseconds::new(10).unwrap()))
            .address(IpAddr::from(VIRTUAL_IP).into())
            .build()
            .unwrap();
        let vrrp = Vrrp::start().unwrap();
        let router = vrrp.add(config).unwrap();
        (vrrp, router)
    })
}

#[test]
fn a_flood_moves_no_timer() {
    let lan = Lan::new(3).unwrap();
    let (vrrp_of_active, active) = add(&lan, 0, 200);
    let (vrrp_of_backup, backup) = add(&lan, 1, 100);
    let end = Instant::now() + Duration::from_secs(5);
    while active.state() != State::Active || backup.state() != State::Backup {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut events = backup.events().unwrap();
    let before = (active.status().unwrap().stats, backup.status().unwrap().stats);

    let is_over = Arc::new(AtomicBool::new(false));
    let (over, source) = (Arc::clone(&is_over), lan.host(2).ipv4());
    let attacker =
        lan.host(2).namespace().run(move || std::thread::spawn(move || attack(source, &over)));
    let begin = Instant::now();
    std::thread::sleep(FOR);
    let after = (active.status().unwrap().stats, backup.status().unwrap().stats);
    let elapsed = begin.elapsed();
    assert_eq!(active.state(), State::Active);
    assert_eq!(backup.state(), State::Backup);
    assert_eq!(events.try_next(), None, "nothing happened to the Backup");

    // As many advertisements as without a flood, sent and heard; a busy machine loses some packets on the way to a host.
    let expected = elapsed.as_millis() / INTERVAL.as_millis();
    let sent = after.0.advertisements_sent - before.0.advertisements_sent;
    let heard = after.1.advertisements_received - before.1.advertisements_received;
    assert!(u128::from(sent).abs_diff(expected) <= 2, "{sent} of {expected} were sent");
    assert!(u128::from(heard) * 10 >= expected * 9, "{heard} of {expected} were heard");

    // While it goes on, the Active router dies: the Backup takes over when it should.
    let cut = Instant::now();
    lan.set_cable(0, false).unwrap();
    let takeover = loop {
        let notice = events.wait_timeout(Duration::from_secs(5)).unwrap();
        if backup.state() == State::Active {
            break notice.at - cut;
        }
    };
    is_over.store(true, Ordering::Relaxed);
    let flood = attacker.join().unwrap();
    // Active_Down_Interval is 361 ms from the last advertisement, which was up to 100 ms ago.
    assert!(
        takeover > Duration::from_millis(255) && takeover < Duration::from_millis(380),
        "{takeover:?}"
    );
    let rate = flood as f64 / begin.elapsed().as_secs_f64();
    // A machine that is busy with other things sends fewer.
    assert!(rate > 0.5 * f64::from(PER_SECOND), "only {rate:.0} packets a second");

    // Every one that the kernel had room for was counted, and no event was made of any.
    for (number, vrrp) in [(0, vrrp_of_active), (1, vrrp_of_backup)] {
        // What still waits in the socket is read in a moment.
        let mut read = 0;
        let (counters, arrived, dropped) = loop {
            std::thread::sleep(Duration::from_millis(100));
            let (arrived, dropped) = arrived_and_dropped(lan.host(number));
            let counters = vrrp.counters().unwrap();
            if std::mem::replace(&mut read, counters.received) == counters.received {
                break (counters, arrived, dropped);
            }
        };
        println!(
            "{rate:.0} hostile packets a second; {counters:?} of {arrived} that arrived, \
             {dropped} found no room; takeover {takeover:?}"
        );
        // Besides, there is IGMP.
        assert!((counters.received + dropped).abs_diff(arrived) < 50, "each is accounted for");
        // Half a million are a flood all the same.
        assert!(arrived > 500_000, "{counters:?} of {flood} that were sent");
        let refused = counters.ttl_errors
            + counters.version_errors
            + counters.checksum_errors
            + counters.vrid_errors
            + counters.other_errors;
        assert!(counters.received - refused < 1000, "{counters:?}: advertisements only");
        assert!(counters.ttl_errors > 0 && counters.version_errors > 0);
        assert!(counters.checksum_errors > 0 && counters.other_errors > 0);
    }
}
