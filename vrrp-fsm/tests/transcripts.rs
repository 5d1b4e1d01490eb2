//! What a router does, told as in the tables of the RFCs: `transcripts/*.txt`.
//!
//! `router SETTING…` makes a router that knows its address; each line after it is one call:
//! `TIME INPUT -> ACTIONS | STATE until DEADLINE`. Run with `BLESS=1` to write what happens now
//! into the files, and then read the difference against the RFC.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use vrrp_fsm::proto::{
    AddressList, Advertisement, Centiseconds, ErrorKind, Priority, Seconds, Vrid,
};
use vrrp_fsm::{
    Action, Announcements, Cause, Config, Event, Fault, Input, OwnerConflict, Timestamp,
    VirtualRouter,
};

/// The settings of a `router` or `reconfigure` line; the latter changes those of the former.
#[derive(Clone)]
struct Settings(Vec<(String, String)>);

impl Settings {
    fn parse(text: &str) -> Self {
        Self(
            text.split_whitespace()
                .map(|word| word.split_once('=').unwrap_or((word, "")))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    fn with(&self, other: &Self) -> Self {
        Self(other.0.iter().chain(&self.0).cloned().collect())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn duration(&self, key: &str, default: Duration) -> Duration {
        self.get(key).map_or(default, duration)
    }

    fn config(&self) -> Config {
        let vrid = Vrid::new(51).unwrap();
        let priority = self.get("priority").map_or(100, |value| value.parse().unwrap());
        let priority = Priority::new(priority).unwrap();
        let virtuals = self.get("virtual").unwrap_or("192.0.2.10").split(',');
        let addresses: Vec<IpAddr> = virtuals.map(|address| address.parse().unwrap()).collect();
        let interval = self.get("interval").unwrap_or("1s");
        let config = match self.get("version").unwrap_or("3") {
            "2" => {
                let interval =
                    Seconds::new(duration(interval).as_secs().try_into().unwrap()).unwrap();
                Config::v2(vrid, priority, interval, v4(&addresses))
            }
            _ => {
                let interval =
                    Centiseconds::new((duration(interval).as_millis() / 10).try_into().unwrap());
                if addresses[0].is_ipv6() {
                    Config::v3_ipv6(vrid, priority, interval.unwrap(), v6(&addresses))
                } else {
                    Config::v3_ipv4(vrid, priority, interval.unwrap(), v4(&addresses))
                }
            }
        };
        let mut config = config
            .unwrap()
            .preempt(self.get("nopreempt").is_none())
            .preempt_delay(self.duration("preempt-delay", Duration::ZERO))
            .announcements(Announcements {
                repeat: self.get("repeat").map_or(5, |value| value.parse().unwrap()),
                settle: self.duration("settle", Duration::ZERO),
                delay: self.duration("delay", Duration::ZERO),
                refresh: self.duration("refresh", Duration::ZERO),
                refresh_repeat: 2,
                contest_repeat: self.get("contest-repeat").map(|value| value.parse().unwrap()),
                contest_delay: self.get("contest-delay").map(duration),
            })
            .active_down_intervals(
                self.get("down-intervals").map_or("3", |value| value).parse().unwrap(),
            )
            .advertise_before_yielding(self.get("last-word").is_some())
            .check_addresses(self.get("ignore-addresses").is_none())
            .owner_conflict(match self.get("elect-owner") {
                Some(_) => OwnerConflict::Elect,
                None => OwnerConflict::Discard,
            })
            .startup_delay(self.duration("startup-delay", Duration::ZERO));
        if let Some(others) = self.get("yield-when-late") {
            config = config.yield_when_late(Priority::new(others.parse().unwrap()).unwrap());
        }
        if let Some(answer) = self.get("answer-losing") {
            config = config.answer_losing(answer == "yes");
        }
        config
    }
}

fn v4(addresses: &[IpAddr]) -> Vec<std::net::Ipv4Addr> {
    addresses.iter().map(|address| address.to_string().parse().unwrap()).collect()
}

fn v6(addresses: &[IpAddr]) -> Vec<std::net::Ipv6Addr> {
    addresses.iter().map(|address| address.to_string().parse().unwrap()).collect()
}

/// `3.609375s`, to the nanosecond.
fn duration(text: &str) -> Duration {
    let (seconds, fraction) =
        text.strip_suffix('s').unwrap().split_once('.').unwrap_or((text.trim_end_matches('s'), ""));
    let nanoseconds: u32 = format!("{fraction:0<9}").parse().unwrap();
    Duration::new(seconds.parse().unwrap(), nanoseconds)
}

fn time(at: Timestamp) -> String {
    let at = at.since_epoch();
    let text = format!("{}.{:09}", at.as_secs(), at.subsec_nanos());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

fn action(action: Action) -> String {
    match action {
        Action::Transmit(priority) => format!("transmit {priority}"),
        Action::AddAddresses => "add".into(),
        Action::RemoveAddresses => "remove".into(),
        Action::ReplaceAddresses => "replace".into(),
        Action::Announce(times) => format!("announce {times}x"),
        Action::Notify(Event::StateChanged { from, to, cause }) => match cause {
            Cause::Fault(fault) => format!("{from} to {to} ({fault:?})"),
            cause => format!("{from} to {to} ({cause:?})"),
        },
        Action::Notify(Event::PriorityChanged { from, to }) => format!("priority {from} to {to}"),
        Action::Notify(event) => format!("{event:?}"),
    }
}

struct Run {
    settings: Settings,
    router: VirtualRouter,
}

impl Run {
    fn new(settings: Settings) -> Self {
        let mut router = VirtualRouter::new(settings.config());
        if let Some(address) = settings.get("at") {
            let input = Input::PrimaryAddress(Some(address.parse().unwrap()));
            assert!(router.handle(Timestamp::EPOCH, input).is_empty());
        }
        Self { settings, router }
    }

    /// The counters with these names.
    fn counts(&self, names: &[&str]) -> String {
        let text = format!("{:?}", self.router.stats());
        let count = |name: &&str| {
            let start = text.find(&format!(" {name}: ")).unwrap_or_else(|| panic!("no {name}"));
            text[start + 1..].split([',', ' ']).nth(1).unwrap().to_owned()
        };
        names.iter().map(count).collect::<Vec<_>>().join(" ")
    }

    fn step(&mut self, now: Timestamp, input: &str) -> String {
        let words: Vec<&str> = input.split_whitespace().collect();
        let fault = |name: &str| match name {
            "interface-down" => Fault::InterfaceDown,
            "tracking" => Fault::Tracking,
            other => panic!("no fault {other}"),
        };
        let actions = match words[..] {
            ["startup"] => self.router.handle(now, Input::Startup),
            ["shutdown"] => self.router.handle(now, Input::Shutdown),
            ["wake"] => self.router.handle(now, Input::Wake),
            ["lost"] => self.router.handle(now, Input::AddressesLost),
            ["address", "none"] => self.router.handle(now, Input::PrimaryAddress(None)),
            ["address", address] => {
                self.router.handle(now, Input::PrimaryAddress(Some(address.parse().unwrap())))
            }
            ["priority", priority] => {
                let priority = Priority::from_wire(priority.parse().unwrap());
                self.router.handle(now, Input::SetPriority(priority))
            }
            ["fault", name] => self.router.handle(now, Input::Fault(fault(name))),
            ["recovered", name] => self.router.handle(now, Input::Recovered(fault(name))),
            ["failed", "add"] => self.router.handle(now, Input::Failed(Action::AddAddresses)),
            ["failed", "remove"] => self.router.handle(now, Input::Failed(Action::RemoveAddresses)),
            ["failed", "announce"] => {
                self.router.handle(now, Input::Failed(Action::Announce(std::num::NonZeroU8::MIN)))
            }
            ["failed", "transmit"] => {
                self.router.handle(now, Input::Failed(Action::Transmit(Priority::DEFAULT)))
            }
            ["counts", ..] => return self.counts(&words[1..]),
            ["rejected"] => self.router.handle(now, Input::Rejected(ErrorKind::Checksum)),
            ["reconfigure", ..] => {
                let changes = Settings::parse(input.strip_prefix("reconfigure").unwrap());
                self.settings = self.settings.with(&changes);
                match self.router.reconfigure(now, self.settings.config()) {
                    Ok(actions) => actions,
                    Err(refused) => return format!("refused: {refused}"),
                }
            }
            ["heard", priority, "from", source, ..] => {
                let other = self.settings.with(&Settings::parse(&words[4..].join(" ")));
                let config = other.config();
                let priority = Priority::from_wire(priority.parse().unwrap());
                let sender = VirtualRouter::new(config);
                let advertisement = sender.advertisement(priority);
                let source = source.parse().unwrap();
                self.router
                    .handle(now, Input::Advertisement { source, advertisement: &advertisement })
            }
            _ => panic!("no input {input:?}"),
        };
        let mut text = String::new();
        let actions: Vec<String> = actions.iter().map(action).collect();
        write!(text, "{} | {}", actions.join(", "), self.router.state()).unwrap();
        if let Some(deadline) = self.router.deadline() {
            write!(text, " until {}", time(deadline)).unwrap();
        }
        text.trim_start().to_owned()
    }
}

/// The calls in all transcripts.
const STEPS: u32 = 319;

#[test]
fn routers_do_what_the_transcripts_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut steps = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut happened = String::new();
        let mut run = None;
        for line in text.lines() {
            if let Some(settings) = line.strip_prefix("router ") {
                run = Some(Run::new(Settings::parse(settings)));
                happened += line;
            } else if line.starts_with('#') || line.is_empty() {
                happened += line;
            } else {
                let call = line.split(" ->").next().unwrap();
                let (at, input) = call.split_once(' ').unwrap();
                let now = Timestamp::from_epoch(duration(at));
                let outcome = run.as_mut().expect("a router line first").step(now, input);
                write!(happened, "{:<44} -> {outcome}", format!("{at} {}", input.trim())).unwrap();
                steps += 1;
            }
            happened.push('\n');
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &happened).unwrap();
            continue;
        }
        for (number, (happened, expected)) in happened.lines().zip(text.lines()).enumerate() {
            assert_eq!(happened, expected, "{}:{}", path.display(), number + 1);
        }
    }
    assert_eq!(steps, STEPS, "a transcript is missing, or one was added");
}

#[test]
fn vrid_and_priority_names_are_those_of_the_codec() {
    let addresses = [[192, 0, 2, 10].into()];
    let sent = Advertisement::v3_ipv4(
        Vrid::new(51).unwrap(),
        Priority::DEFAULT,
        Centiseconds::DEFAULT,
        AddressList::new(&addresses).unwrap(),
    );
    let router = VirtualRouter::new(Settings::parse("").config());
    assert_eq!(router.advertisement(Priority::DEFAULT), sent);
}

#[test]
fn every_kind_of_refusal_has_its_counter() {
    let count = |kind| {
        let mut router = VirtualRouter::new(Settings::parse("").config());
        assert!(router.handle(Timestamp::EPOCH, Input::Rejected(kind)).is_empty());
        assert_eq!(router.stats().last_refusal, Some(kind));
        *router.stats()
    };
    assert_eq!(count(ErrorKind::HopLimit).ttl_errors, 1);
    assert_eq!(count(ErrorKind::Type).invalid_type, 1);
    assert_eq!(count(ErrorKind::Checksum).checksum_errors, 1);
    assert_eq!(count(ErrorKind::Version).version_errors, 1);
    assert_eq!(count(ErrorKind::ExtensionMissing).auth_extension_missing, 1);
    assert_eq!(count(ErrorKind::ExtensionMalformed).auth_extension_malformed, 1);
    assert_eq!(count(ErrorKind::ExtensionUnknownKey).auth_extension_unknown_key, 1);
    assert_eq!(count(ErrorKind::ExtensionInvalid).auth_extension_invalid, 1);
    assert_eq!(count(ErrorKind::ExtensionStale).auth_extension_stale, 1);
    assert_eq!(count(ErrorKind::ExtensionReplay).auth_extension_replay, 1);
    assert_eq!(count(ErrorKind::Interval).interval_errors, 1);
    assert_eq!(count(ErrorKind::Vrid).vrid_errors, 1);
    assert_eq!(count(ErrorKind::UnsupportedAuthType).invalid_auth_type, 1);
    assert_eq!(count(ErrorKind::AuthTypeMismatch).auth_type_mismatch, 1);
    assert_eq!(count(ErrorKind::Authentication).auth_failures, 1);
    for kind in
        [ErrorKind::Truncated, ErrorKind::IpHeader, ErrorKind::NoAddresses, ErrorKind::Length]
    {
        assert_eq!(count(kind).packet_length_errors, 1);
    }
}
