//! Names of iproute2: routing tables, protocols and groups of interfaces.

use std::fs;

/// The number of a routing table: itself, a name that every system has, or one of `rt_tables`.
pub(super) fn table(word: &str) -> Option<u32> {
    match word {
        "main" => Some(254),
        "local" => Some(255),
        "default" => Some(253),
        word => number(word).or_else(|| from_files("rt_tables", word)),
    }
}

/// The number of a group of interfaces.
pub(super) fn group(word: &str) -> Option<u32> {
    match word {
        "default" => Some(0),
        word => number(word).or_else(|| from_files("group", word)),
    }
}

/// The number of a routing protocol.
pub(super) fn protocol(word: &str) -> Option<u8> {
    let found = match word {
        "redirect" => Some(1),
        "kernel" => Some(2),
        "boot" => Some(3),
        "static" => Some(4),
        "ra" => Some(9),
        "keepalived" => Some(18),
        word => number(word).or_else(|| from_files("rt_protos", word)),
    };
    found.and_then(|number| number.try_into().ok())
}

fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}

fn from_files(name: &str, word: &str) -> Option<u32> {
    ["/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"].iter().find_map(|folder| {
        let text = fs::read_to_string(format!("{folder}/{name}")).ok()?;
        text.lines().find_map(|line| {
            let mut words = line.split('#').next()?.split_ascii_whitespace();
            let (value, found) = (words.next()?, words.next()?);
            (found == word).then(|| number(value)).flatten()
        })
    })
}
