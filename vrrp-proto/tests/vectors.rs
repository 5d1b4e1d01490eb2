//! Packets with known contents: `vectors/*.txt`.
//!
//! A case is a block of lines: `case NAME`, then the octets (`ip HEX`, or `message from A to B
//! hop-limit N: HEX`), then what is expected: `holds FIELDS` or `refused KIND [or KIND …]`.

use std::fmt::Write;
use std::net::IpAddr;

use vrrp_proto::{
    AcceptedChecksum, Addresses, Authentication, ChecksumForm, Datagram, DecodeError, Demands,
    Endpoints, Packet, Secret, Verifier, Version,
};

const FILES: [(&str, &str); 5] = [
    ("captured", include_str!("vectors/captured.txt")),
    ("version-2", include_str!("vectors/version-2.txt")),
    ("version-3-ipv4", include_str!("vectors/version-3-ipv4.txt")),
    ("version-3-ipv6", include_str!("vectors/version-3-ipv6.txt")),
    ("ip-header", include_str!("vectors/ip-header.txt")),
];

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn endpoints(from: &str, to: &str) -> Endpoints {
    match (from.parse().unwrap(), to.parse().unwrap()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => Endpoints::V4 { source, destination },
        (IpAddr::V6(source), IpAddr::V6(destination)) => Endpoints::V6 { source, destination },
        _ => panic!("{from} and {to} are of different families"),
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}

/// The packet in the words of a `holds` line.
fn describe(packet: &Packet<'_>, demands: Demands, datagram: &Datagram<'_>) -> String {
    let (version, unit) = match packet.version() {
        Version::V2 => (2, "s"),
        Version::V3 => (3, "cs"),
    };
    let mut text = format!(
        "version {version} vrid {} priority {} interval {}{unit} checksum {:04x}",
        packet.vrid(),
        packet.priority(),
        packet.interval(),
        packet.checksum()
    );
    if version == 3 && matches!(packet.addresses(), Addresses::V4(_)) {
        let only = |form| demands.checksum(AcceptedChecksum::Only(form));
        let pseudo = Packet::decode(datagram, &only(ChecksumForm::Rfc5798)).is_ok();
        let plain = Packet::decode(datagram, &only(ChecksumForm::Rfc9568)).is_ok();
        assert!(pseudo != plain, "a checksum holds in exactly one form");
        text += if pseudo { " rfc5798" } else { " rfc9568" };
    }
    if let (Some(auth_type), Some(data)) = (packet.auth_type(), packet.auth_data()) {
        write!(text, " auth {auth_type} {}", hex(data)).unwrap();
    }
    text += " addresses";
    for address in packet.addresses().iter() {
        write!(text, " {address}").unwrap();
    }
    text
}

fn outcome(lines: &[&str]) -> Result<String, DecodeError> {
    let line = |word: &str| lines.iter().find_map(|line| line.strip_prefix(word));
    let (bytes, message);
    let datagram = if let Some(ip) = line("ip ") {
        bytes = octets(ip);
        Datagram::from_ip(&bytes)?
    } else {
        let (head, hex) = line("message from ")
            .unwrap()
            .split_once(": ")
            .unwrap_or_else(|| (line("message from ").unwrap().trim_end_matches(':'), ""));
        let words: Vec<&str> = head.split(' ').collect();
        message = octets(hex);
        let hop_limit = words[4].parse().unwrap();
        Datagram::from_message(endpoints(words[0], words[2]), hop_limit, &message)
    };
    let demands = Demands::new();
    let packet = Packet::decode(&datagram, &demands)?;
    if packet.auth_type() == Some(2) {
        let secret = octets(line("secret ").unwrap_or("77726f6e67"));
        let secret = Secret::new(&secret).unwrap();
        let mut verifier = Verifier::new(Authentication::AuthenticationHeader(secret));
        verifier.advertisement(&packet)?;
        let replayed = verifier.advertisement(&packet).unwrap_err();
        assert_eq!(replayed.kind().name(), "auth_failure", "a replay is refused");
    }
    if packet.auth_type() == Some(1) {
        let password = Secret::new(packet.auth_data().unwrap()).unwrap();
        let verified = Verifier::new(Authentication::Password(password)).advertisement(&packet);
        assert!(verified.is_ok(), "{verified:?}");
        let other = Authentication::Password(Secret::new(b"another").unwrap());
        let refused = Verifier::new(other).advertisement(&packet).unwrap_err();
        assert_eq!(refused.kind().name(), "auth_failure");
        let shown = format!("{packet:?} {datagram:?} {refused}");
        assert!(!shown.contains("101, 99"), "octets of the password are in {shown}");
    }
    Ok(describe(&packet, demands, &datagram))
}

#[test]
fn every_vector_holds() {
    let mut cases = 0;
    for (file, text) in FILES {
        for block in text.split("\n\n").skip(1) {
            let lines: Vec<&str> = block.trim_end().lines().collect();
            let name = lines[0].strip_prefix("case ").unwrap();
            let expected = lines.last().unwrap();
            match (outcome(&lines), expected.strip_prefix("refused ")) {
                (Ok(held), None) => {
                    assert_eq!(format!("holds {held}"), **expected, "{file}: {name}");
                }
                (Err(error), Some(kinds)) => {
                    let kind = error.kind().name();
                    let allowed = kinds.split(" or ").any(|allowed| allowed == kind);
                    assert!(allowed, "{file}: {name}: {error} ({kind}), expected {kinds}");
                }
                (Ok(held), Some(kinds)) => {
                    let allowed = kinds.split(" or ").any(|allowed| allowed == "ok");
                    assert!(allowed, "{file}: {name}: holds {held}, expected {kinds}");
                }
                (Err(error), None) => panic!("{file}: {name}: {error}, expected {expected}"),
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 126, "a file was not read to its end");
}
