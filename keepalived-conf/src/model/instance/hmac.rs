//! `auth_hmac`: advertisements are signed.

use std::fmt;
use std::time::Duration;

use super::reading::Reading;
use crate::diagnostic::Span;
use crate::tree::{Entry, Section, Value, octets};

/// `auth_hmac`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hmac {
    /// `key`: at least one, each with a number of its own.
    pub keys: Vec<HmacKey>,
    /// `active_key`: the number of the one that is signed with.
    pub active_key: u8,
    /// `time_window`: how old a message may be; three intervals, and at least 5 seconds, where nothing
    /// is said.
    pub time_window: Option<Duration>,
    /// `anti_replay`.
    pub replay: Replay,
    /// `mode`.
    pub mode: HmacMode,
}

/// `key`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HmacKey {
    /// Its number, 1 to 255.
    pub id: u8,
    /// Where it is written.
    pub span: Span,
    /// The key, or where it is.
    pub source: KeySource,
}

/// Where a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// In the configuration.
    Octets(SecretOctets),
    /// `file:`: in this file, written as it would be in the configuration.
    File(String),
}

/// A key or a password, which neither `Debug` nor a message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretOctets(Vec<u8>);

impl SecretOctets {
    pub(in crate::model) fn new(octets: Vec<u8>) -> Self {
        Self(octets)
    }
}

/// What tells an old message from a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// `time`: the clock, and that it goes on.
    #[default]
    Time,
    /// `monotonic`: only that it goes on.
    Monotonic,
}

/// What is sent and taken without a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HmacMode {
    /// `enforce`: nothing.
    #[default]
    Enforce,
    /// `permissive`: it is taken.
    Permissive,
    /// `receive-only`: it is sent and taken.
    ReceiveOnly,
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// What follows `hex:` are no pairs of hexadecimal digits.
    #[error("is not hexadecimal")]
    NotHexadecimal,
    /// It has this many octets.
    #[error("has {0} octets, allowed are 32 to 64")]
    Length(usize),
    /// Nothing follows `file:`.
    #[error("names no file")]
    NoFile,
}

/// It cannot be used, and the diagnostics say why.
pub(super) struct Unusable;

impl SecretOctets {
    /// The key that a text stands for: octets in hexadecimal after `hex:`, else the text itself
    /// without the end of its line.
    ///
    /// # Errors
    /// When it is not 32 to 64 octets long, or not in hexadecimal though it says so.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.trim_end_matches(['\n', '\r']);
        let key = match text.strip_prefix("hex:") {
            Some(hex) if hex.bytes().all(|octet| octet.is_ascii_hexdigit()) => {
                octets(hex).ok_or(KeyError::NotHexadecimal)?
            }
            Some(_) => return Err(KeyError::NotHexadecimal),
            None => text.as_bytes().to_vec(),
        };
        match key.len() {
            32..=64 => Ok(Self(key)),
            other => Err(KeyError::Length(other)),
        }
    }

    /// The octets themselves.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretOctets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretOctets(…)")
    }
}

impl KeySource {
    fn of(text: &str) -> Result<Self, KeyError> {
        match text.strip_prefix("file:") {
            Some("") => Err(KeyError::NoFile),
            Some(path) => Ok(Self::File(path.to_owned())),
            None => SecretOctets::from_text(text).map(Self::Octets),
        }
    }
}

impl Reading<'_> {
    /// An instance without the authentication that is meant would believe everybody: what is wrong
    /// here is fatal.
    pub(super) fn hmac(&mut self, strict: bool) -> Result<Option<Hmac>, Unusable> {
        let mut span = None;
        let mut block = Section::default();
        for (entry, _, section) in self.section.blocks("auth_hmac") {
            span = span.or(Some(entry.span));
            block.entries.extend(section.entries.iter().cloned());
        }
        let Some(span) = span else { return Ok(None) };
        let keys = self.hmac_keys(&block);
        let active_key = match &keys {
            Ok(keys) => self.active_key(span, &block, keys),
            Err(Unusable) => Err(Unusable),
        };
        if self.section.has("authentication") {
            let message = "auth_hmac and authentication exclude each other";
            self.diagnostics.fatal(span, message, "remove one of them");
            return Err(Unusable);
        }
        let seconds = block.integer("time_window").and_then(|seconds| u64::try_from(seconds).ok());
        Ok(Some(Hmac {
            keys: keys?,
            active_key: active_key?,
            time_window: seconds.map(Duration::from_secs),
            replay: match block.text("anti_replay") {
                Some("monotonic") => Replay::Monotonic,
                _ => Replay::Time,
            },
            mode: self.hmac_mode(&block, strict),
        }))
    }

    fn hmac_keys(&mut self, block: &Section) -> Result<Vec<HmacKey>, Unusable> {
        let mut keys: Vec<HmacKey> = Vec::new();
        let mut is_usable = true;
        for entry in block.all("key") {
            let Some((id, text)) = key(entry) else { continue };
            match KeySource::of(text) {
                _ if keys.iter().any(|other| other.id == id) => {
                    let message = format!("key {id} is there twice");
                    let help = "give every key a number of its own";
                    self.diagnostics.fatal(entry.span, message, help);
                    is_usable = false;
                }
                Ok(source) => keys.push(HmacKey { id, span: entry.span, source }),
                Err(error) => {
                    let message = format!("key {id} {error}");
                    let help = "write 32 to 64 octets as they are, in hexadecimal after hex:, or \
                                in a file after file:";
                    self.diagnostics.fatal(entry.span, message, help);
                    is_usable = false;
                }
            }
        }
        if is_usable { Ok(keys) } else { Err(Unusable) }
    }

    fn active_key(
        &mut self,
        span: Span,
        block: &Section,
        keys: &[HmacKey],
    ) -> Result<u8, Unusable> {
        let active = block.integer("active_key").and_then(|id| u8::try_from(id).ok());
        let at = block.get("active_key").map_or(span, |entry| entry.span);
        let (message, help) = match active {
            _ if keys.is_empty() => {
                ("auth_hmac has no key".to_owned(), "write key NUMBER OCTETS, 32 to 64 of them")
            }
            None => {
                let help = "write active_key NUMBER, that of the key to sign with";
                ("auth_hmac has no active_key".to_owned(), help)
            }
            Some(id) if keys.iter().all(|key| key.id != id) => {
                (format!("active_key is {id}"), "write the number of a key that is there")
            }
            Some(id) => return Ok(id),
        };
        self.diagnostics.fatal(at, message, help);
        Err(Unusable)
    }

    fn hmac_mode(&mut self, block: &Section, strict: bool) -> HmacMode {
        let mode = match block.text("mode") {
            Some("permissive") => HmacMode::Permissive,
            Some("receive-only") => HmacMode::ReceiveOnly,
            _ => HmacMode::Enforce,
        };
        if strict && mode != HmacMode::Enforce {
            let at = block.get("mode").map_or(self.span, |entry| entry.span);
            let message = format!("vrrp_instance {} is strict, and mode is not enforce", self.name);
            self.diagnostics.error(at, message, "write mode enforce, which is taken");
            return HmacMode::Enforce;
        }
        mode
    }
}

fn key(entry: &Entry) -> Option<(u8, &str)> {
    let values = entry.values()?;
    let Some(Value::Secret(text)) = values.at(1) else { return None };
    Some((values.at(0)?.integer()?.try_into().ok()?, text.reveal()))
}
