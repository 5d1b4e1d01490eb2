//! Somebody on the LAN or on the machine wants harm. What VRRP cannot prevent is shown here as well: `docs/threats.md`
//! says what follows of it.
//!
//! Needs root and iproute2, and fails without.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use common::{
    DIRECTOR, LONG, VIP, always, director, eventually, forged, has, instance, named_instance,
};
use lab::forge::{Forged, Injector};
use lab::namespaces::{Capture, Lan};
use vrrp_io::proto::{Authentication, Secret};

/// Advertisements of host 0 keep their interval of 100 ms while this is done.
fn on_time(lan: &Lan, attack: impl FnOnce(&Capture)) {
    let capture = lan.capture().unwrap();
    let begin = Instant::now();
    attack(&capture);
    // Enough to see an interval that was lost at the end.
    thread::sleep(Duration::from_millis(1200).saturating_sub(begin.elapsed()));
    let frames = capture.stop();
    let own = |frame: &&lab::Frame| {
        frame.advertisement().is_some_and(|(from, ..)| from.to_string() == "10.77.0.1")
    };
    let times: Vec<Duration> = frames.iter().filter(own).map(|frame| frame.at).collect();
    assert!(times.len() > 8, "{} advertisements", times.len());
    let longest = times.windows(2).map(|two| two[1] - two[0]).max().unwrap();
    assert!(longest < Duration::from_millis(160), "a gap of {longest:?}");
}

#[test]
fn clients_of_the_control_socket_hold_nobody_up() {
    let lan = Lan::new(2).unwrap();
    let mut ours = director(&instance(200, ""));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let path = ours.file("pid.sock");
    // For its owner and group.
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
    let status = || lan.host(0).command(&[DIRECTOR, "status", "--socket", &path]);
    on_time(&lan, |_| {
        let connect = || UnixStream::connect(&path).unwrap();
        let mut random = fastrand::Rng::with_seed(7);
        // Noise, and requests that are none.
        for round in 0..300 {
            let mut client = connect();
            let length = random.usize(..3000);
            let mut noise: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            if round % 3 == 0 {
                noise.splice(..0, *b"GET /status HTTP/1.1\r\nHost: x\r\n");
            }
            // It may have closed already.
            let _ = client.write_all(&noise);
            if round % 2 == 0 {
                let _ = client.shutdown(Shutdown::Write);
            }
        }
        // A header that never ends.
        let mut endless = connect();
        let mut sent = 0;
        while sent < 10_000_000 && endless.write_all(b"X-Header: 0123456789abcdef\r\n").is_ok() {
            sent += 28;
        }
        assert!(sent < 10_000_000, "it reads for ever");
        // Those that say nothing take up all places, but not for ever.
        let silent: Vec<UnixStream> = (0..40).map(|_| connect()).collect();
        eventually("it answers again", || status().is_ok_and(|text| text.contains("MASTER")));
        drop(silent);
    });
    // Other methods and paths change nothing.
    for request in ["POST /status", "DELETE /status", "GET /../../etc/passwd", "GET /status/x"] {
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(format!("{request} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 40"), "{request}: {answer}");
    }
    // Who closes its side after the request gets the whole answer.
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("}\n"), "{answer}");
    assert!(status().unwrap().contains("MASTER"));
    ours.stop(LONG).unwrap();
}

/// The answer of 250 routers is more than a socket has room for.
#[test]
fn clients_that_read_nothing_lose_their_places() {
    let lan = Lan::new(1).unwrap();
    let router = |vrid: u8| {
        let address = format!("10.77.1.{vrid}");
        named_instance(&format!("V{vrid}"), vrid, "eth0", &address, 100, "")
    };
    let mut ours = director(&(1..=250).map(router).collect::<String>());
    ours.start(lan.host(0)).unwrap();
    let path = ours.file("pid.sock");
    eventually("it serves", || fs::exists(&path).unwrap());
    let request = || {
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        client
    };
    let mut whole = Vec::new();
    request().read_to_end(&mut whole).unwrap();
    assert!(whole.len() > 300_000, "{} octets", whole.len());
    let deaf: Vec<UnixStream> = (0..16).map(|_| request()).collect();
    let begin = Instant::now();
    whole.clear();
    request().read_to_end(&mut whole).unwrap();
    assert!(whole.len() > 300_000 && begin.elapsed() < Duration::from_secs(12));
    // They did have all places.
    assert!(begin.elapsed() > Duration::from_secs(5), "{:?}", begin.elapsed());
    drop(deaf);
    ours.stop(LONG).unwrap();
}

#[test]
fn a_pid_file_that_is_a_link_is_not_followed() {
    let lan = Lan::new(1).unwrap();
    let folder = lab::Folder::new().unwrap();
    let (victim, link) = (folder.file("precious"), folder.file("link.pid"));
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &link).unwrap();
    let configuration = folder.file("keepalived.conf");
    fs::write(&configuration, instance(200, "")).unwrap();
    let started = lan.host(0).command(&[
        "timeout",
        "20",
        DIRECTOR,
        "--dont-fork",
        "--log-console",
        "--no-syslog",
        "-f",
        &configuration,
        "-p",
        &link,
    ]);
    let refused = started.unwrap_err().to_string();
    assert!(refused.contains("cannot be written"), "{refused}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(!has(lan.host(0), VIP));
}

#[test]
fn fragments_and_packets_that_are_too_long_move_no_timer() {
    let lan = Lan::new(3).unwrap();
    let mut ours = director(&instance(200, ""));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let injector = Injector::new(lan.host(2)).unwrap();
    on_time(&lan, |_| {
        for round in 0..200u16 {
            let priority = [0, 1, 254, 255][usize::from(round) % 4];
            let mut packet = forged(3, priority).packet();
            match round % 3 {
                // The first of two fragments, and the second of none.
                0 => packet[6] |= 0x20,
                1 => packet[7] = 4,
                // As long as the link allows, and the checksum is right: zeroes change it by the length only.
                _ => {
                    let longer = 1500 - u16::try_from(packet.len()).unwrap();
                    packet.resize(1500, 0);
                    packet[2..4].copy_from_slice(&1500u16.to_be_bytes());
                    let checksum = u16::from_be_bytes([packet[26], packet[27]]);
                    // The length is in the pseudo-header (RFC 1624).
                    let (sum, carried) = (!checksum).overflowing_add(longer);
                    packet[26..28].copy_from_slice(&(!(sum + u16::from(carried))).to_be_bytes());
                }
            }
            packet[4..6].copy_from_slice(&round.to_be_bytes());
            injector.send(&packet).unwrap();
            thread::sleep(Duration::from_millis(5));
        }
        assert!(has(lan.host(0), VIP));
    });
    ours.stop(LONG).unwrap();
}

/// Nothing in VRRPv3 tells a rogue owner from the real one: the addresses go to it. They come back when it is gone; and
/// with a secret it gets nowhere.
#[test]
fn a_rogue_owner_gets_the_role_for_as_long_as_it_speaks_and_never_without_the_secret() {
    let lan = Lan::new(3).unwrap();
    let mut ours = director(&instance(200, ""));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let injector = Injector::new(lan.host(2)).unwrap();
    let rogue = forged(3, 255).packet();
    for _ in 0..20 {
        injector.send(&rogue).unwrap();
        thread::sleep(Duration::from_millis(50));
    }
    assert!(!has(lan.host(0), VIP), "it yields");
    eventually("the rogue is gone", || has(lan.host(0), VIP));
    ours.stop(LONG).unwrap();

    let header = "version 2\n authentication {\n auth_type AH\n auth_pass right\n }";
    let text = instance(200, header).replacen("version 3\n", "", 1);
    let mut ours = director(&text.replace("advert_int 0.1", "advert_int 1"));
    ours.start(lan.host(0)).unwrap();
    eventually("it is master", || has(lan.host(0), VIP));
    let wrong = Authentication::AuthenticationHeader(Secret::new(b"wrong").unwrap());
    let rogues = [Authentication::None, wrong]
        .map(|authentication| Forged { authentication, ..forged(2, 255) }.packet());
    // A replay of what it has sent itself, from another address as well.
    let capture = lan.capture().unwrap();
    let own = |frame: &lab::Frame| {
        let is_own =
            frame.advertisement().is_some_and(|(from, ..)| from.to_string() == "10.77.0.1");
        is_own.then(|| frame.octets[14..].to_vec())
    };
    eventually("it has sent something", || {
        capture.frames_after(0).iter().any(|f| own(f).is_some())
    });
    let replay = capture.frames_after(0).iter().find_map(own).unwrap();
    let mut moved = replay.clone();
    moved[12..16].copy_from_slice(&[10, 77, 0, 3]);
    always("it stays master", Duration::from_secs(3), || {
        for packet in rogues.iter().chain([&replay, &moved]) {
            injector.send(packet).unwrap();
        }
        has(lan.host(0), VIP)
    });
    ours.stop(LONG).unwrap();
}
