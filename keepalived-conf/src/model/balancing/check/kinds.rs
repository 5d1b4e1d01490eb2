//! `SMTP_CHECK`, `DNS_CHECK`, `UDP_CHECK`, `MISC_CHECK`, `FILE_CHECK` and `BFD_CHECK`.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::endpoint::CheckTarget;
use super::timing::Defaults;
use crate::diagnostic::{Diagnostics, Span};
use crate::model::bfd::BfdInstance;
use crate::model::global::User;
use crate::model::track_file::TrackFile;
use crate::tree::{CommandLine, Entry, Section, Value};

/// `SMTP_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmtpCheck {
    /// Where it goes: to each of these.
    pub target: CheckTarget,
    /// `helo_name`.
    pub name: String,
}

/// `DNS_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DnsCheck {
    /// Where it goes.
    pub target: CheckTarget,
    /// `type`.
    pub kind: &'static str,
    /// `name`.
    pub name: String,
}

/// `UDP_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UdpCheck {
    /// Where it goes.
    pub target: CheckTarget,
    /// `payload`.
    pub payload: Vec<u8>,
    /// `require_reply` and its kin.
    pub reply: Option<ReplyLine>,
}

/// `require_reply` and its kin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyLine {
    /// What it begins with: octets, and which of their bits count.
    pub begin: Vec<(u8, u8)>,
    /// `min_reply_length` and `max_reply_length`.
    pub lengths: RangeInclusive<u16>,
}

/// `MISC_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MiscCheck {
    /// `misc_path`.
    pub command: CommandLine,
    /// `misc_timeout`.
    pub timeout: Duration,
    /// `misc_dynamic`.
    pub is_dynamic: bool,
    /// `user`.
    pub user: Option<User>,
}

/// `FILE_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileCheck {
    /// Name of the `track_file`.
    pub file: String,
    /// What its number is multiplied with; 0 makes any other number than 0 a failure.
    pub weight: i32,
    /// `reverse`.
    pub is_reversed: bool,
}

/// `BFD_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BfdCheck {
    /// Name of the `bfd_instance`.
    pub session: String,
    /// `alpha`.
    pub begins_failed: bool,
}

const HELO_NAME: &str = "smtpchecker.keepalived.org";

impl SmtpCheck {
    /// The check itself, and one for each older block `host`, with what is said there.
    pub(super) fn read(
        section: &Section,
        server: (IpAddr, u16),
        defaults: &Defaults,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Self> {
        let hosts = section.blocks("host").map(|(_, _, block)| {
            let mut all = section.clone();
            all.entries.extend(block.entries.iter().cloned());
            all
        });
        let name = section.text("helo_name").unwrap_or(HELO_NAME);
        std::iter::once(section.clone())
            .chain(hosts)
            .filter_map(|all| {
                let target =
                    CheckTarget::read(&all, server, defaults, "SMTP_CHECK", span, diagnostics)?;
                Some(Self { target, name: name.to_owned() })
            })
            .collect()
    }
}

impl DnsCheck {
    pub(super) fn read(section: &Section, target: CheckTarget) -> Self {
        let kind = match section.value("type") {
            Some(Value::Word(word)) => word,
            _ => "SOA",
        };
        Self { target, kind, name: section.text("name").unwrap_or(".").to_owned() }
    }
}

/// keepalived sends so many octets where nothing is said.
const FILLER: &[u8; 32] = b"keepalived UDP check            ";

impl UdpCheck {
    pub(super) fn read(
        section: &Section,
        target: CheckTarget,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut payload = Vec::new();
        for values in section.all("payload").filter_map(Entry::values) {
            for value in values.places.iter().flatten() {
                if let Value::Octets(octets) = value {
                    payload.extend(octets);
                }
            }
        }
        if payload.is_empty() {
            payload.extend(FILLER);
        }
        let length = |name: &str| section.integer(name).and_then(|it| u16::try_from(it).ok());
        let (min, max) = (length("min_reply_length"), length("max_reply_length"));
        let line = section.get("require_reply").and_then(Entry::values);
        let reply = match line {
            None => None,
            Some(values) => {
                let text = values.at(0).and_then(Value::text).unwrap_or_default();
                let Some(begin) = pattern(text) else {
                    let message = format!("require_reply is {text:?}");
                    let help =
                        "allowed are pairs of hexadecimal digits, each of which may be x or .";
                    diagnostics.error(values.span, message, help);
                    return None;
                };
                let (min, max) = (min.unwrap_or(0), max.unwrap_or(255));
                if min > max {
                    let message = format!("min_reply_length is {min}, and max_reply_length {max}");
                    diagnostics.error(values.span, message, "the check is left out");
                    return None;
                }
                Some(ReplyLine { begin, lengths: min..=max })
            }
        };
        Some(Self { target, payload, reply })
    }
}

/// Octets in hexadecimal, and which of their bits count: a digit that is none stands for any.
fn pattern(text: &str) -> Option<Vec<(u8, u8)>> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |digit: char| match digit {
        'x' | 'X' | '.' | '?' => Some((0, 0)),
        digit => digit.to_digit(16).and_then(|digit| Some((u8::try_from(digit).ok()?, 0x0f))),
    };
    digits
        .chunks(2)
        .map(|pair| {
            let ((high, high_mask), (low, low_mask)) = (nibble(pair[0])?, nibble(pair[1])?);
            Some((high << 4 | low, high_mask << 4 | low_mask))
        })
        .collect()
}

impl MiscCheck {
    pub(super) fn read(
        section: &Section,
        defaults: &Defaults,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Some(command) = section.command("misc_path") else {
            let message = "MISC_CHECK has no misc_path";
            diagnostics.error(span, message, "write misc_path \"COMMAND\"; the check is left out");
            return None;
        };
        let timeout = section.integer("misc_timeout").and_then(|it| u64::try_from(it).ok());
        let timeout = timeout.filter(|timeout| *timeout != 0).map(Duration::from_secs);
        Some(Self {
            command: command.clone(),
            timeout: timeout.unwrap_or_else(|| defaults.period(section)),
            is_dynamic: section.has("misc_dynamic"),
            user: section.get("user").and_then(|entry| User::of(entry.values()?, 0)),
        })
    }
}

impl FileCheck {
    pub(super) fn read(
        section: &Section,
        files: &[TrackFile],
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let name = section.text("track_file").unwrap_or_default();
        let Some(file) = files.iter().find(|file| file.name == name) else {
            let message = format!("FILE_CHECK names the track_file {name:?}");
            diagnostics.error(span, message, "there is no such track_file; the check is left out");
            return None;
        };
        let values = section.get("weight").and_then(Entry::values);
        let weight = values.and_then(|values| values.at(0)?.integer());
        let weight = weight.and_then(|weight| i32::try_from(weight).ok());
        let is_reversed = match values {
            Some(values) if values.has("reverse") => true,
            Some(_) => false,
            None => file.weight.is_reversed,
        };
        let weight = weight.unwrap_or_else(|| i32::from(file.weight.value));
        Some(Self { file: name.to_owned(), weight, is_reversed })
    }
}

impl BfdCheck {
    pub(super) fn read(
        section: &Section,
        sessions: &[BfdInstance],
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let session = section.text("name").unwrap_or_default().to_owned();
        let known = sessions.iter().find(|known| known.name == session);
        if !known.is_some_and(|known| known.tells_checks) {
            let message = format!("BFD_CHECK names the bfd_instance {session:?}");
            let help = match known {
                Some(_) => "it tells vrrp only; the check is left out",
                None => "there is no such bfd_instance; the check is left out",
            };
            diagnostics.error(span, message, help);
            return None;
        }
        Some(Self { session, begins_failed: section.boolean("alpha").unwrap_or(false) })
    }
}
