//! An advertisement as a line of text.

use std::time::Duration;

use vrrp_proto::{
    AcceptedChecksum, Addresses, ChecksumForm, Datagram, DecodeError, Demands, Packet, Version,
};

/// Time, addresses, fields and verdict. Passwords are left out.
pub(crate) fn line(at: Duration, packet: &[u8]) -> String {
    let clock = at.as_secs() % 86400;
    let (hours, minutes, seconds) = (clock / 3600, clock / 60 % 60, clock % 60);
    let time = format!("{hours:02}:{minutes:02}:{seconds:02}.{:06}", at.subsec_micros());
    match describe(packet) {
        Ok(text) => format!("{time} {text}"),
        Err(error) => {
            let from = match Datagram::from_ip(packet).map(|datagram| datagram.endpoints()) {
                Ok(endpoints) => format!("{} > {}: ", endpoints.source(), endpoints.destination()),
                Err(_) => String::new(),
            };
            format!("{time} IP {from}refused ({}): {error}", error.kind().name())
        }
    }
}

fn describe(octets: &[u8]) -> Result<String, DecodeError> {
    let datagram = Datagram::from_ip(octets)?;
    let packet = Packet::decode(&datagram, &Demands::new())?;
    let endpoints = datagram.endpoints();
    let (ip, version, unit) = match (packet.addresses(), packet.version()) {
        (Addresses::V6(_), _) => ("IP6", 3, "cs"),
        (Addresses::V4(_), Version::V3) => ("IP", 3, "cs"),
        (Addresses::V4(_), Version::V2) => ("IP", 2, "s"),
    };
    let addresses: Vec<String> = packet.addresses().iter().map(|a| a.to_string()).collect();
    let plain = Demands::new().checksum(AcceptedChecksum::Only(ChecksumForm::Rfc9568));
    let verdict = match (packet.auth_type(), packet.addresses()) {
        (Some(1), _) => "ok, simple text password not shown",
        (Some(2), _) => "ok, the proof in the Authentication Header not verified",
        (None, Addresses::V4(_)) if Packet::decode(&datagram, &plain).is_ok() => {
            "ok, checksum of RFC 9568"
        }
        (None, Addresses::V4(_)) => "ok, checksum of RFC 5798",
        _ => "ok",
    };
    Ok(format!(
        "{ip} {} > {}: VRRPv{version} Advertisement, vrid {}, prio {}, intvl {}{unit}, addrs: {} [{verdict}]",
        endpoints.source(),
        endpoints.destination(),
        packet.vrid(),
        packet.priority(),
        packet.interval(),
        addresses.join(","),
    ))
}
