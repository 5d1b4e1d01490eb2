//! One value is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::{SecretText, Value};
use crate::schema::Scalar;

/// A word that is no such value.
pub(super) struct Refused {
    /// What to take instead, when the beginning of the word can be read.
    pub(super) prefix: Option<Value>,
    /// What is allowed.
    pub(super) allowed: String,
}

/// Reads a word as a value of this kind.
pub(super) fn read(word: &str, scalar: &Scalar) -> Result<Value, Refused> {
    let value = match scalar {
        Scalar::Boolean => match word {
            "on" | "true" | "yes" => Some(Value::Boolean(true)),
            "off" | "false" | "no" => Some(Value::Boolean(false)),
            _ => None,
        },
        Scalar::Integer { min, max } => return integer(word, *min, *max, scalar),
        Scalar::AnyBase { min, max } => {
            any_base(word).filter(|value| (min..=max).contains(&value)).map(Value::Integer)
        }
        Scalar::Seconds { min, max } => return time(word, 1_000_000, *min, *max, scalar),
        Scalar::Milliseconds { min, max } => return time(word, 1000, *min, *max, scalar),
        Scalar::Choice(words) => words.iter().find(|one| **one == word).map(|one| Value::Word(one)),
        Scalar::ChoiceAnyCase(words) => {
            words.iter().find(|one| one.eq_ignore_ascii_case(word)).map(|one| Value::Word(one))
        }
        Scalar::Text { max } => {
            if word.len() <= *max {
                Some(Value::Text(word.to_owned()))
            } else {
                let mut end = *max;
                while !word.is_char_boundary(end) {
                    end -= 1;
                }
                let prefix = Some(Value::Text(word[..end].to_owned()));
                return Err(Refused { prefix, allowed: allowed(scalar) });
            }
        }
        Scalar::Secret => Some(Value::Secret(SecretText::new(word.to_owned()))),
        Scalar::Interface => {
            let is_name = (1..=15).contains(&word.len()) && !word.contains('/');
            is_name.then(|| Value::Text(word.to_owned()))
        }
        Scalar::Address => address(word).map(Value::Address),
        Scalar::Group4 => group(word).filter(IpAddr::is_ipv4).map(Value::Address),
        Scalar::Group6 => group(word).filter(IpAddr::is_ipv6).map(Value::Address),
        Scalar::Group => group(word).map(Value::Address),
        Scalar::Prefix => prefix(word),
        Scalar::Destination => match word {
            "default" | "all" | "any" => Some(Value::Default),
            word => prefix(word),
        },
        Scalar::Range => is_range(word).then(|| Value::Text(word.to_owned())),
        Scalar::Path => (!word.is_empty()).then(|| Value::Text(word.to_owned())),
        Scalar::Hex => octets(word).map(Value::Octets),
    };
    value.ok_or_else(|| Refused { prefix: None, allowed: allowed(scalar) })
}

/// What a value of this kind may be, for a message.
pub(crate) fn allowed(scalar: &Scalar) -> String {
    let micro = |value: &u64, unit: u64| {
        let (whole, rest) = (value / unit, value % unit);
        let digits = if unit == 1000 { 3 } else { 6 };
        let text = format!("{whole}.{rest:0digits$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match scalar {
        Scalar::Boolean => "allowed are on, true, yes, off, false, no".into(),
        Scalar::Integer { min, max } | Scalar::AnyBase { min, max } => {
            format!("allowed are {min} to {max}")
        }
        Scalar::Seconds { min, max } => {
            format!("allowed are {} to {} seconds", micro(min, 1_000_000), micro(max, 1_000_000))
        }
        Scalar::Milliseconds { min, max } => {
            format!("allowed are {} to {} milliseconds", micro(min, 1000), micro(max, 1000))
        }
        Scalar::Choice(words) | Scalar::ChoiceAnyCase(words) => {
            format!("allowed are {}", words.join(", "))
        }
        Scalar::Text { max } => format!("allowed are up to {max} octets"),
        Scalar::Secret => "allowed is any word".into(),
        Scalar::Interface => "allowed is the name of an interface, up to 15 octets".into(),
        Scalar::Address => "allowed is an IPv4 or IPv6 address".into(),
        Scalar::Group4 => "allowed is an IPv4 multicast group, like 224.0.0.18".into(),
        Scalar::Group6 => "allowed is a link-local IPv6 multicast group, like ff02::12".into(),
        Scalar::Group => "allowed is a multicast group, like 224.0.0.18 or ff02::12".into(),
        Scalar::Prefix => "allowed is an address with or without a prefix length, \
                           like 192.0.2.10/24"
            .into(),
        Scalar::Destination => "allowed is default or a network, like 198.51.100.0/24".into(),
        Scalar::Range => "allowed is an address, a range like 192.0.2.1-9, or a network".into(),
        Scalar::Path => "allowed is the name of a file".into(),
        Scalar::Hex => "allowed are octets in hexadecimal".into(),
    }
}

fn integer(word: &str, min: i64, max: i64, scalar: &Scalar) -> Result<Value, Refused> {
    let refuse = |prefix| Err(Refused { prefix, allowed: allowed(scalar) });
    let sign = usize::from(word.starts_with(['-', '+']));
    let digits = word[sign..].bytes().take_while(u8::is_ascii_digit).count();
    let Ok(value) = word[..sign + digits].parse::<i64>() else { return refuse(None) };
    let value = (min..=max).contains(&value).then_some(Value::Integer(value));
    match value {
        Some(value) if sign + digits == word.len() => Ok(value),
        value => refuse(value.filter(|_| sign + digits < word.len())),
    }
}

/// As C's `strtol` with base 0.
pub(crate) fn any_base(word: &str) -> Option<i64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word),
    };
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        _ if digits.starts_with(['-', '+']) => return None,
        Some(hex) => i64::from_str_radix(hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    value.ok().map(|value| sign * value)
}

/// A decimal number of a unit that has `unit` microseconds.
fn time(word: &str, unit: u64, min: u64, max: u64, scalar: &Scalar) -> Result<Value, Refused> {
    let refuse = |prefix| Err(Refused { prefix, allowed: allowed(scalar) });
    let length = word.bytes().take_while(|o| o.is_ascii_digit() || *o == b'.').count();
    let (whole, fraction) = word[..length].split_once('.').unwrap_or((&word[..length], ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return refuse(None);
    }
    let digits = if unit == 1000 { 3 } else { 6 };
    let Ok(whole) = format!("0{whole}").parse::<u64>() else { return refuse(None) };
    let kept: String = fraction.chars().chain("0".repeat(digits).chars()).take(digits).collect();
    let Ok(parts) = kept.parse::<u64>() else { return refuse(None) };
    let rounded = fraction.as_bytes().get(digits).is_some_and(|digit| *digit >= b'5');
    let micros =
        whole.checked_mul(unit).and_then(|micros| micros.checked_add(parts + u64::from(rounded)));
    let value = micros
        .filter(|micros| (min..=max).contains(micros))
        .map(|micros| Value::Duration(Duration::from_micros(micros)));
    match value {
        Some(value) if length == word.len() => Ok(value),
        value => refuse(value.filter(|_| length < word.len())),
    }
}

fn address(word: &str) -> Option<IpAddr> {
    // A zone is understood and not kept: the interface is known.
    word.split('%').next()?.parse().ok()
}

fn group(word: &str) -> Option<IpAddr> {
    match word.parse().ok()? {
        IpAddr::V4(group) if group.is_multicast() => Some(group.into()),
        IpAddr::V6(group) if group.is_multicast() && group.octets()[1] & 0x0f == 2 => {
            Some(group.into())
        }
        _ => None,
    }
}

fn prefix(word: &str) -> Option<Value> {
    let (address, length) = match word.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (word, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => None,
        Some(text) => match text.parse::<u8>() {
            Ok(length) if length <= most => Some(length),
            _ => Some(netmask(text).filter(|_| address.is_ipv4())?),
        },
    };
    Some(Value::Prefix(address, length))
}

/// `255.255.255.0` as a length.
fn netmask(text: &str) -> Option<u8> {
    let bits = u32::from(text.parse::<Ipv4Addr>().ok()?);
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == 0)
        .then(|| bits.leading_ones().to_le_bytes()[0])
}

fn is_range(word: &str) -> bool {
    match word.split_once('-') {
        Some((first, last)) => {
            let Ok(first) = first.parse::<IpAddr>() else { return false };
            last.parse::<IpAddr>().is_ok_and(|last| last.is_ipv4() == first.is_ipv4())
                || match first {
                    IpAddr::V4(_) => last.parse::<u8>().is_ok(),
                    IpAddr::V6(_) => u16::from_str_radix(last, 16).is_ok(),
                }
        }
        None => prefix(word).is_some() || word.parse::<Ipv6Addr>().is_ok(),
    }
}

/// Pairs of hexadecimal digits.
pub(crate) fn octets(word: &str) -> Option<Vec<u8>> {
    let digits = word.as_bytes();
    (!digits.is_empty() && digits.len().is_multiple_of(2)).then_some(())?;
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
