//! What checks run.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use healthcheck::probes::{
    Dns, Endpoint, File, Http, HttpVersion, Pattern, PatternOption, Ping, Probe, RecordType, Reply,
    Smtp, StatusSet, Tcp, Tls, Udp, Url,
};
use healthcheck::{CheckConfig, Pace};
use keepalived_conf::model::{
    Check, CheckKind, CheckTarget, FileCheck, HttpCheck, HttpProtocol, HttpUrl, MiscCheck,
    RegexLine, SecretOctets, UdpCheck,
};
use keepalived_conf::{Diagnostics, Severity, Span};

use super::super::super::commands::Accounts;
use super::super::super::pools::{CheckIdentity, CheckMeans, PlannedCheck};
use super::Shared;
use crate::balancing::Misc;

/// How often a file is looked at.
const FILE_PERIOD: Duration = Duration::from_secs(1);

pub(super) struct Checker<'a, 'b> {
    pub(super) shared: &'a Shared<'b>,
    pub(super) accounts: &'a mut Accounts,
    pub(super) diagnostics: &'a mut Diagnostics,
}

/// What is run, and what tells it from others.
struct Made {
    means: CheckMeans,
    identity: CheckIdentity,
}

impl Made {
    fn new(probe: impl Probe + Debug) -> Self {
        let identity = CheckIdentity::of(format_args!("{probe:?}"));
        Self { identity, means: CheckMeans::Run(Arc::new(probe)) }
    }
}

impl Checker<'_, '_> {
    /// `None` for a check of a kind that the model has and we do not know.
    pub(super) fn check(&mut self, check: &Check) -> Option<PlannedCheck> {
        let timing = &check.timing;
        let mut config = CheckConfig::new(timing.period)
            .retries(timing.retries)
            .delay_before_retry(timing.delay_before_retry)
            .warmup(timing.warmup)
            .begins_failed(timing.begins_failed);
        let made = match &check.kind {
            CheckKind::Tcp(target) => Ok(Made::new(Tcp::new(endpoint(target)))),
            CheckKind::Ping(target) => Ok(Made::new(Ping::new(endpoint(target)))),
            CheckKind::Http(http) => self.http(http).map(|made| {
                config = config.steps(made.steps()).hurries(http.hurries);
                let mut made = Made::new(made);
                if http.is_tls {
                    let (identity, ssl) = (made.identity, &self.shared.ssl);
                    made.identity = CheckIdentity::of(format_args!("{identity:?} {ssl:?}"));
                }
                made
            }),
            CheckKind::Smtp(smtp) => Smtp::new(endpoint(&smtp.target), &smtp.name)
                .map(Made::new)
                .map_err(|error| error.to_string()),
            CheckKind::Dns(dns) => {
                let kind = RecordType::from_name(dns.kind).unwrap_or_default();
                Dns::new(endpoint(&dns.target), &dns.name, kind)
                    .map(Made::new)
                    .map_err(|error| error.to_string())
            }
            CheckKind::Udp(check) => Ok(Made::new(udp(check))),
            CheckKind::Misc(misc) => {
                config = config.pace(Pace::FromStart);
                self.misc(misc)
            }
            CheckKind::File(file) => {
                config = CheckConfig::new(FILE_PERIOD).retries(0).warmup(Duration::ZERO);
                self.file(file)
            }
            CheckKind::Bfd(bfd) => {
                config = CheckConfig::told().begins_failed(bfd.begins_failed);
                let identity = CheckIdentity::of(format_args!("{}", bfd.session));
                let (name, begins_failed) = (bfd.session.clone(), bfd.begins_failed);
                Ok(Made { means: CheckMeans::Session { name, begins_failed }, identity })
            }
            // There is no other kind.
            _ => return None,
        };
        let keyword = check.kind.keyword();
        let (means, identity) = match made {
            Ok(made) => (made.means, made.identity),
            Err(problem) => {
                self.tell(check.span, format!("{keyword}: {problem}"), "it counts as failed");
                let identity = CheckIdentity::of(format_args!("{problem}"));
                (CheckMeans::Broken(problem), identity)
            }
        };
        let identity = CheckIdentity::of(format_args!("{keyword} {identity:?} {config:?}"));
        let all = self.shared.lvs.logs_all_failures;
        let logs_all_failures = timing.logs_all_failures.unwrap_or(all);
        Some(PlannedCheck { keyword, config, means, identity, logs_all_failures })
    }

    fn tell(&mut self, span: Span, message: String, help: &str) {
        self.diagnostics.add(Severity::Error, Some(span), message, Some(help.to_owned()));
    }

    fn http(&mut self, http: &HttpCheck) -> Result<Http, String> {
        let urls = http.urls.iter().map(|line| self.url(line)).collect::<Result<Vec<_>, _>>()?;
        let host = http.host.as_deref();
        let made = Http::new(endpoint(&http.target), host, urls);
        let mut made = made.map_err(|error| error.to_string())?.version(match http.protocol {
            HttpProtocol::V1_0 => HttpVersion::V1_0,
            HttpProtocol::V1_0Close => HttpVersion::V1_0Close,
            HttpProtocol::V1_1 => HttpVersion::V1_1,
        });
        if http.is_tls {
            let tls = self.shared.tls.get_or_init(|| self.tls()).clone()?;
            made = made.tls(match (&http.name, http.names_host) {
                (Some(name), _) => tls.names(name.as_str()),
                (None, true) => tls.names_host(),
                (None, false) => tls,
            });
        }
        Ok(made)
    }

    fn tls(&self) -> Result<Tls, String> {
        let ssl = self.shared.ssl;
        let authorities = ssl.authorities.as_deref().map(Path::new);
        let tls = match (&ssl.certificate, &ssl.key, authorities) {
            (Some(certificate), key, authorities) => {
                let key = key.as_ref().unwrap_or(certificate);
                let password = ssl.password.as_ref().map(SecretOctets::reveal);
                Tls::with_certificate(authorities, certificate.as_ref(), key.as_ref(), password)
            }
            (None, _, Some(authorities)) => Tls::verified(authorities),
            (None, _, None) => Tls::unverified(),
        };
        tls.map_err(|error| crate::chain(&error))
    }

    fn url(&mut self, line: &HttpUrl) -> Result<Url, String> {
        let mut url = Url::new(line.path.as_str());
        if let Some(host) = &line.host {
            url = url.host(host.as_str());
        }
        url = url.ends_tls(line.ends_tls);
        if let Some(digest) = line.digest {
            url = url.digest(digest);
        }
        if !line.status.is_empty() {
            url = url.status(StatusSet::new(line.status.iter().cloned()));
        }
        match &line.regex {
            Some(regex) => Ok(url.pattern(self.pattern(regex)?)),
            None => Ok(url),
        }
    }

    fn pattern(&mut self, line: &RegexLine) -> Result<Pattern, String> {
        let mut options = Vec::new();
        for word in &line.options {
            match *word {
                "caseless" => options.push(PatternOption::Caseless),
                "dotall" => options.push(PatternOption::DotAll),
                "extended" => options.push(PatternOption::Extended),
                "multiline" => options.push(PatternOption::Multiline),
                "ungreedy" => options.push(PatternOption::Ungreedy),
                "utf" | "ucp" => options.push(PatternOption::Utf),
                "firstline" | "match_unset_backref" | "alt_bsux" => {
                    return Err(format!("regex_options has {word}, which cannot be done"));
                }
                // The others make PCRE2 faster, or refuse what is not there.
                _ => {}
            }
        }
        let pattern = Pattern::new(&line.pattern, options).map_err(|error| error.to_string())?;
        let pattern = pattern.begins(line.min_offset..=line.max_offset.unwrap_or(usize::MAX));
        Ok(if line.is_no_match { pattern.no_match() } else { pattern })
    }

    fn misc(&mut self, misc: &MiscCheck) -> Result<Made, String> {
        let user = misc.user.as_ref().map(|user| (user, misc.command.span));
        let command = self.accounts.command_as("MISC_CHECK", &misc.command, user, self.diagnostics);
        let command = command.ok_or("its command cannot be run")?;
        Ok(Made::new(Misc { command, limit: misc.timeout, says_weight: misc.is_dynamic }))
    }

    fn file(&self, check: &FileCheck) -> Result<Made, String> {
        let file = self.shared.files.iter().find(|file| file.name == check.file);
        let file = file.ok_or("its track_file is missing")?;
        let factor = if check.is_reversed { check.weight.saturating_neg() } else { check.weight };
        Ok(Made::new(File::new(&file.path, factor)))
    }
}

fn udp(check: &UdpCheck) -> Udp {
    let udp = Udp::new(endpoint(&check.target), check.payload.as_slice());
    match &check.reply {
        Some(reply) => {
            let wanted = Reply::any().begin(reply.begin.clone()).lengths(reply.lengths.clone());
            udp.reply(wanted)
        }
        None => udp,
    }
}

fn endpoint(target: &CheckTarget) -> Endpoint {
    let scope =
        target.interface.as_deref().and_then(|name| nix::net::if_::if_nametoindex(name).ok());
    let address = match target.address {
        // The interface is its scope.
        IpAddr::V6(address) if address.is_unicast_link_local() => {
            SocketAddrV6::new(address, target.port, 0, scope.unwrap_or(0)).into()
        }
        address => SocketAddr::new(address, target.port),
    };
    let mut endpoint = Endpoint::new(address).timeout(target.timeout);
    if let Some(source) = target.source_address {
        endpoint = endpoint.source_address(source);
    }
    if let Some(port) = target.source_port {
        endpoint = endpoint.source_port(port);
    }
    if let Some(interface) = &target.interface {
        endpoint = endpoint.interface(interface.as_str());
    }
    if target.mark != 0 {
        endpoint = endpoint.mark(target.mark);
    }
    endpoint
}
