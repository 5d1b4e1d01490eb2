//! `HTTP_GET` and `SSL_GET`.

use std::ops::RangeInclusive;

use super::endpoint::CheckTarget;
use super::timing::Defaults;
use crate::diagnostic::{Diagnostics, Span};
use crate::model::instance::SecretOctets;
use crate::tree::{Entry, Section, Value};

/// A request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HttpCheck {
    /// Where it goes.
    pub target: CheckTarget,
    /// `SSL_GET`.
    pub is_tls: bool,
    /// `url`, one or more.
    pub urls: Vec<HttpUrl>,
    /// `virtualhost`, its own, that of the server or of the service.
    pub host: Option<String>,
    /// `http_protocol`.
    pub protocol: HttpProtocol,
    /// `enable_sni`.
    pub names_host: bool,
    /// `sni_name`.
    pub name: Option<String>,
    /// `fast_recovery`.
    pub hurries: bool,
}

/// `http_protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "what keepalived has")]
pub enum HttpProtocol {
    /// `1.0`.
    #[default]
    V1_0,
    /// `1.0C`.
    V1_0Close,
    /// `1.1`.
    V1_1,
}

/// `url`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HttpUrl {
    /// Where it is written.
    pub span: Span,
    /// `path`.
    pub path: String,
    /// `virtualhost`.
    pub host: Option<String>,
    /// `digest`.
    pub digest: Option<[u8; 16]>,
    /// `status_code`; empty for 200 to 299.
    pub status: Vec<RangeInclusive<u16>>,
    /// `regex` and its kin.
    pub regex: Option<RegexLine>,
    /// `tls_compliant`, its own or that of its `SSL_GET`.
    pub ends_tls: bool,
}

/// `regex` and its kin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegexLine {
    /// `regex`.
    pub pattern: String,
    /// Where it is written.
    pub span: Span,
    /// `regex_options`, in keepalived's words.
    pub options: Vec<&'static str>,
    /// `regex_no_match`.
    pub is_no_match: bool,
    /// `regex_min_offset`.
    pub min_offset: usize,
    /// `regex_max_offset`.
    pub max_offset: Option<usize>,
}

/// `SSL`: files of certificates and keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SslFiles {
    /// `ca`.
    pub authorities: Option<String>,
    /// `certificate`.
    pub certificate: Option<String>,
    /// `key`.
    pub key: Option<String>,
    /// `password` of the key.
    pub password: Option<SecretOctets>,
}

impl SslFiles {
    pub(in crate::model) fn read(tree: &Section) -> Self {
        let Some((_, _, section)) = tree.blocks("SSL").last() else { return Self::default() };
        let text = |name: &str| section.text(name).map(str::to_owned);
        Self {
            authorities: text("ca"),
            certificate: text("certificate"),
            key: text("key"),
            password: match section.value("password") {
                Some(Value::Secret(text)) => {
                    Some(SecretOctets::new(text.reveal().as_bytes().to_vec()))
                }
                _ => None,
            },
        }
    }
}

impl HttpCheck {
    pub(super) fn read(
        section: &Section,
        target: CheckTarget,
        is_tls: bool,
        defaults: &Defaults,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut urls = Vec::with_capacity(section.blocks("url").count());
        let ends_tls = section.boolean("tls_compliant").unwrap_or(false);
        for (entry, _, section) in section.blocks("url") {
            urls.extend(HttpUrl::read(section, ends_tls, entry.span, diagnostics));
        }
        if urls.is_empty() {
            let keyword = if is_tls { "SSL_GET" } else { "HTTP_GET" };
            let message = format!("{keyword} of {} has no url", target.address);
            diagnostics.error(span, message, "write url { path PATH }; the check is left out");
            return None;
        }
        let host = section.text("virtualhost").map(str::to_owned);
        Some(Self {
            target,
            is_tls,
            urls,
            host: host.or_else(|| defaults.host.clone()),
            protocol: match section.text("http_protocol") {
                Some("1.0C") => HttpProtocol::V1_0Close,
                Some("1.1") => HttpProtocol::V1_1,
                _ => HttpProtocol::V1_0,
            },
            names_host: section.boolean("enable_sni").unwrap_or(false),
            name: section.text("sni_name").map(str::to_owned),
            hurries: section.boolean("fast_recovery").unwrap_or(false),
        })
    }
}

impl HttpUrl {
    fn read(
        section: &Section,
        ends_tls: bool,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Some(path) = section.text("path") else {
            let message = "url has no path";
            diagnostics.error(span, message, "write path PATH; the url is left out");
            return None;
        };
        let digest = match section.value("digest") {
            Some(Value::Octets(octets)) => {
                let digest = <[u8; 16]>::try_from(octets.as_slice());
                if digest.is_err() {
                    let message = format!("digest has {} octets", octets.len());
                    let help = "write the 32 digits that genhash prints; the url is left out";
                    diagnostics.error(span, message, help);
                    return None;
                }
                digest.ok()
            }
            _ => None,
        };
        Some(Self {
            span,
            path: path.to_owned(),
            host: section.text("virtualhost").map(str::to_owned),
            digest,
            status: status(section, diagnostics),
            regex: RegexLine::read(section),
            ends_tls: section.boolean("tls_compliant").unwrap_or(ends_tls),
        })
    }
}

fn status(section: &Section, diagnostics: &mut Diagnostics) -> Vec<RangeInclusive<u16>> {
    let mut ranges = Vec::new();
    for values in section.all("status_code").filter_map(Entry::values) {
        for word in values.places.iter().flatten().filter_map(Value::text) {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let range = first.parse::<u16>().ok().zip(last.parse::<u16>().ok());
            let is_status = |status: u16| (100..=599).contains(&status);
            match range {
                Some((first, last)) if is_status(first) && is_status(last) && first <= last => {
                    ranges.push(first..=last);
                }
                _ => {
                    let message = format!("status_code has {word}");
                    let help = "allowed are N and N-M, from 100 to 599; it is left out";
                    diagnostics.error(values.span, message, help);
                }
            }
        }
    }
    ranges
}

impl RegexLine {
    fn read(section: &Section) -> Option<Self> {
        let entry = section.get("regex")?;
        let pattern = entry.values()?.at(0)?.text()?.to_owned();
        let options = section.all("regex_options").filter_map(Entry::values);
        let options = options.flat_map(|values| values.places.iter().flatten());
        let word = |value: &Value| if let Value::Word(word) = value { Some(*word) } else { None };
        let offset = |name: &str| section.integer(name).and_then(|it| usize::try_from(it).ok());
        Some(Self {
            pattern,
            span: entry.span,
            options: options.filter_map(word).collect(),
            is_no_match: section.has("regex_no_match"),
            min_offset: offset("regex_min_offset").unwrap_or(0),
            max_offset: offset("regex_max_offset"),
        })
    }
}
