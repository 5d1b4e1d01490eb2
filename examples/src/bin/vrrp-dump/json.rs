//! One JSON object in, one out.

use std::fmt::Write;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};
use vrrp_proto::{
    AuthFailure, Authentication, Datagram, DecodeError, Demands, Endpoints, Packet, Secret,
    Verifier, Version,
};

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    name: Value,
    ip_hex: Option<String>,
    hex: Option<String>,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    ttl: Option<u8>,
    ah: Option<Ah>,
}

#[derive(Deserialize)]
struct Ah {
    key: String,
}

/// `{"name":…,"ok":true,"fields":{…}}` or `{"name":…,"ok":false,"error":KIND,"detail":…}`.
pub(crate) fn answer(line: &str) -> Value {
    let question: Question = match serde_json::from_str(line) {
        Ok(question) => question,
        Err(error) => {
            let detail = error.to_string();
            return json!({"name": null, "ok": false, "error": "bad_input", "detail": detail});
        }
    };
    let name = question.name.clone();
    match fields(&question) {
        Ok(fields) => json!({"name": name, "ok": true, "fields": fields}),
        Err((kind, detail)) => json!({"name": name, "ok": false, "error": kind, "detail": detail}),
    }
}

type Refusal = (&'static str, String);

fn fields(question: &Question) -> Result<Value, Refusal> {
    let bad_input = |detail: &str| ("bad_input", detail.to_owned());
    let octets = question.ip_hex.as_ref().or(question.hex.as_ref());
    let octets = octets.ok_or_else(|| bad_input("neither ip_hex nor hex"))?;
    let octets = from_hex(octets).ok_or_else(|| bad_input("not hexadecimal"))?;
    let refused = |error: DecodeError| (error.kind().name(), error.to_string());
    let datagram = if question.ip_hex.is_some() {
        Datagram::from_ip(&octets).map_err(refused)?
    } else {
        let endpoints = match (question.src, question.dst) {
            (Some(IpAddr::V4(source)), Some(IpAddr::V4(destination))) => {
                Endpoints::V4 { source, destination }
            }
            (Some(IpAddr::V6(source)), Some(IpAddr::V6(destination))) => {
                Endpoints::V6 { source, destination }
            }
            _ => return Err(bad_input("hex needs src and dst of one family")),
        };
        let ttl = question.ttl.ok_or_else(|| bad_input("hex needs ttl"))?;
        Datagram::from_message(endpoints, ttl, &octets)
    };
    let packet = Packet::decode(&datagram, &Demands::new()).map_err(refused)?;
    if packet.auth_type() == Some(2) {
        verify(&packet, question.ah.as_ref())?;
    }
    Ok(describe(&packet))
}

/// An Authentication Header is never taken on trust: without a key the answer is no.
fn verify(packet: &Packet<'_>, ah: Option<&Ah>) -> Result<(), Refusal> {
    let refused = |error: DecodeError| (error.kind().name(), error.to_string());
    let Some(ah) = ah else {
        return Err(refused(DecodeError::Authentication(AuthFailure::NoKey)));
    };
    let secret = from_hex(&ah.key).and_then(|key| Secret::new(&key).ok());
    let secret = secret.ok_or_else(|| ("bad_input", "ah.key is no key of 1 to 8 octets".into()))?;
    let mut verifier = Verifier::new(Authentication::AuthenticationHeader(secret));
    match verifier.advertisement(packet) {
        // These come after the proof, and are told as fields here.
        Ok(_) | Err(DecodeError::Vrid(_) | DecodeError::Interval(_)) => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

fn describe(packet: &Packet<'_>) -> Value {
    let addresses: Vec<String> = packet.addresses().iter().map(|a| a.to_string()).collect();
    let mut fields = json!({
        "type": 1,
        "vrid": packet.vrid(),
        "priority": packet.priority().get(),
        "count": addresses.len(),
        "checksum": format!("{:04x}", packet.checksum()),
        "addresses": addresses,
    });
    match packet.version() {
        Version::V2 => {
            fields["version"] = 2.into();
            fields["auth_type"] = packet.auth_type().into();
            fields["adver_int_s"] = packet.interval().into();
            fields["auth_data"] = packet.auth_data().map(|data| to_hex(data)).into();
        }
        Version::V3 => {
            fields["version"] = 3.into();
            fields["reserved"] = packet.reserved().into();
            fields["max_adver_int_cs"] = packet.interval().into();
        }
    }
    fields
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |octet: u8| char::from(octet).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        }
        _ => None,
    });
    pairs.collect()
}

fn to_hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
