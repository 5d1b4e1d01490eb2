//! How routers prove themselves to each other.

use std::io::Read;

use keepalived_conf::model::{
    Authentication as AuthenticationLine, Hmac as HmacLine, HmacMode as HmacModeLine, KeySource,
    Replay, SecretOctets,
};
use vrrp_io::Hmac;
use vrrp_io::proto::{
    Authentication, HmacKey, HmacKeys, HmacMode, HmacReplay, Interval, OutOfRange, Secret,
    TimeWindow,
};

pub(super) fn authentication(line: &AuthenticationLine) -> Result<Authentication, OutOfRange> {
    Ok(match line {
        AuthenticationLine::Password(secret) => {
            Authentication::Password(Secret::new(secret.reveal())?)
        }
        AuthenticationLine::Header(secret) => {
            Authentication::AuthenticationHeader(Secret::new(secret.reveal())?)
        }
        _ => Authentication::None,
    })
}

/// The keys, those in files included. The error says what is wrong with them, and shows none.
pub(super) fn hmac(line: &HmacLine, interval: Interval) -> Result<Hmac, String> {
    let key = |line: &keepalived_conf::model::HmacKey| {
        let key = match &line.source {
            KeySource::Octets(octets) => HmacKey::new(line.id, octets.reveal()),
            KeySource::File(path) => HmacKey::new(line.id, from_file(path)?.reveal()),
            _ => return Err("this kind of key is not known".to_owned()),
        };
        key.map_err(|error| format!("key {}: {error}", line.id))
    };
    let keys: Vec<HmacKey> = line.keys.iter().map(key).collect::<Result<_, _>>()?;
    let keys = HmacKeys::new(&keys).map_err(|error| error.to_string())?;
    let replay = match line.replay {
        Replay::Monotonic => HmacReplay::Monotonic,
        _ => HmacReplay::Time(match line.time_window {
            Some(window) => {
                let seconds = u16::try_from(window.as_secs()).unwrap_or(u16::MAX);
                TimeWindow::new(seconds).map_err(|error| error.to_string())?
            }
            None => TimeWindow::for_interval(interval),
        }),
    };
    let hmac = Hmac::new(keys, line.active_key, replay).map_err(|error| error.to_string())?;
    Ok(hmac.mode(match line.mode {
        HmacModeLine::Permissive => HmacMode::Permissive,
        HmacModeLine::ReceiveOnly => HmacMode::ReceiveOnly,
        _ => HmacMode::Enforce,
    }))
}

/// A key is short; a file that is not is none.
fn from_file(path: &str) -> Result<SecretOctets, String> {
    const LONGEST: u64 = 256;
    let metadata = std::fs::metadata(path).map_err(|error| format!("{path}: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("{path} is no file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
        .map_err(|error| format!("{path}: {error}"))?;
    SecretOctets::from_text(text.trim_end()).map_err(|error| format!("{path}: {error}"))
}
