//! The options of a line. Each may be there once, and only where it means something.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::str::{FromStr, SplitWhitespace};

use super::problem::Problem;
use crate::change::LONGEST_PERSISTENCE;
use crate::destination::{Forwarding, Tunnel, TunnelChecksum};
use crate::service::{Family, Protocol, ServiceKey};

const SOCKET: &str = "ADDRESS:PORT or [ADDRESS]:PORT, in numbers";
const COUNT: &str = "0 to 4294967295";
/// What ipvsadm takes for `-p` without a time.
const PERSISTENCE_SECONDS: u32 = 360;

/// The words of a line.
pub(super) struct Words<'a>(std::iter::Peekable<SplitWhitespace<'a>>);

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self(line.split_whitespace().peekable())
    }

    pub(super) fn after(&mut self, option: &'static str) -> Result<&'a str, Problem> {
        self.0.next().ok_or(Problem::Missing(option))
    }

    /// ipvsadm 1.31 saves marks from 2147483648 on as negative numbers.
    fn mark(&mut self) -> Result<NonZeroU32, Problem> {
        let value = self.after("-f")?;
        let unsigned = value.parse().or_else(|_| value.parse().map(i32::cast_unsigned));
        unsigned.ok().and_then(NonZeroU32::new).ok_or_else(|| Problem::Value {
            option: "-f",
            value: value.to_owned(),
            allowed: "1 to 4294967295",
        })
    }

    /// The time may be left out.
    fn persistence(&mut self) -> Result<u32, Problem> {
        match self.0.peek() {
            Some(word) if !word.starts_with('-') => {
                let allowed = "seconds, 1 to 2678400";
                match self.value("-p", allowed)? {
                    seconds @ 1..=LONGEST_PERSISTENCE => Ok(seconds),
                    other => {
                        Err(Problem::Value { option: "-p", value: other.to_string(), allowed })
                    }
                }
            }
            _ => Ok(PERSISTENCE_SECONDS),
        }
    }

    /// IPVS has no scopes.
    fn socket(&mut self, option: &'static str) -> Result<SocketAddr, Problem> {
        match self.value(option, SOCKET)? {
            SocketAddr::V6(socket) if socket.scope_id() != 0 => {
                Err(Problem::Value { option, value: socket.to_string(), allowed: SOCKET })
            }
            socket => Ok(socket),
        }
    }

    fn value<T: FromStr>(
        &mut self,
        option: &'static str,
        allowed: &'static str,
    ) -> Result<T, Problem> {
        let value = self.after(option)?;
        value.parse().map_err(|_| Problem::Value { option, value: value.to_owned(), allowed })
    }
}

/// A value and the option that gave it.
struct Given<T>(Option<(&'static str, T)>);

// Not derived: that would ask for a default of `T`.
impl<T> Default for Given<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Given<T> {
    fn is(&mut self, option: &'static str, value: T) -> Result<(), Problem> {
        match &self.0 {
            Some((before, _)) => Err(Problem::Again { option, before }),
            None => {
                self.0 = Some((option, value));
                Ok(())
            }
        }
    }

    fn option(&self) -> Option<&'static str> {
        self.0.as_ref().map(|(option, _)| *option)
    }
}

impl<T: Copy> Given<T> {
    fn get(&self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}

#[derive(Clone, Copy)]
enum Named {
    Address(Protocol, SocketAddr),
    Mark(NonZeroU32),
}

/// What the options of a line say.
#[derive(Default)]
pub(super) struct Options<'a> {
    service: Given<Named>,
    ipv6: Given<()>,
    scheduler: Given<&'a str>,
    persistence: Given<u32>,
    granularity: Given<&'a str>,
    one_packet: Given<()>,
    flags: Given<&'a str>,
    engine: Given<&'a str>,
    server: Given<SocketAddr>,
    forwarding: Given<Forwarding>,
    weight: Given<i32>,
    upper: Given<u32>,
    lower: Given<u32>,
    tunnel: Given<&'a str>,
    tunnel_port: Given<u16>,
    checksum: Given<TunnelChecksum>,
}

impl<'a> Options<'a> {
    pub(super) fn read(words: &mut Words<'a>) -> Result<Self, Problem> {
        let mut all = Self::default();
        while let Some(word) = words.0.next() {
            all.take(word, words)?;
        }
        Ok(all)
    }

    fn take(&mut self, word: &str, words: &mut Words<'a>) -> Result<(), Problem> {
        match word {
            "-t" | "--tcp-service" => {
                self.service.is("-t", Named::Address(Protocol::Tcp, words.socket("-t")?))
            }
            "-u" | "--udp-service" => {
                self.service.is("-u", Named::Address(Protocol::Udp, words.socket("-u")?))
            }
            "--sctp-service" => {
                let socket = words.socket("--sctp-service")?;
                self.service.is("--sctp-service", Named::Address(Protocol::Sctp, socket))
            }
            "-f" | "--fwmark-service" => self.service.is("-f", Named::Mark(words.mark()?)),
            "-6" | "--ipv6" => self.ipv6.is("-6", ()),
            "-s" | "--scheduler" => self.scheduler.is("-s", words.after("-s")?),
            "-p" | "--persistent" => self.persistence.is("-p", words.persistence()?),
            "-M" | "--netmask" => self.granularity.is("-M", words.after("-M")?),
            "-o" | "--ops" => self.one_packet.is("-o", ()),
            "-b" | "--sched-flags" => self.flags.is("-b", words.after("-b")?),
            "--pe" => self.engine.is("--pe", words.after("--pe")?),
            "-r" | "--real-server" => self.server.is("-r", words.socket("-r")?),
            "-g" | "--gatewaying" => self.forwarding.is("-g", Forwarding::DirectRouting),
            "-m" | "--masquerading" => self.forwarding.is("-m", Forwarding::Masquerade),
            "-i" | "--ipip" => self.forwarding.is("-i", Forwarding::Tunnel(Tunnel::Ipip)),
            "--local" => self.forwarding.is("--local", Forwarding::Local),
            "--bypass" => self.forwarding.is("--bypass", Forwarding::Bypass),
            "-w" | "--weight" => self.weight.is("-w", words.value("-w", "a number")?),
            "-x" | "--u-threshold" => self.upper.is("-x", words.value("-x", COUNT)?),
            "-y" | "--l-threshold" => self.lower.is("-y", words.value("-y", COUNT)?),
            "--tun-type" => self.tunnel.is("--tun-type", words.after("--tun-type")?),
            "--tun-port" => {
                self.tunnel_port.is("--tun-port", words.value("--tun-port", "1 to 65535")?)
            }
            "--tun-nocsum" => self.checksum.is("--tun-nocsum", TunnelChecksum::None),
            "--tun-csum" => self.checksum.is("--tun-csum", TunnelChecksum::Checksum),
            "--tun-remcsum" => self.checksum.is("--tun-remcsum", TunnelChecksum::Remote),
            other => Err(Problem::Option(other.to_owned())),
        }
    }

    /// That none is there which belongs to a server only.
    pub(super) fn of_a_service(&self) -> Result<(), Problem> {
        none_of(
            "-a",
            &[
                self.server.option(),
                self.forwarding.option(),
                self.weight.option(),
                self.upper.option(),
                self.lower.option(),
                self.tunnel.option(),
                self.tunnel_port.option(),
                self.checksum.option(),
            ],
        )?;
        if self.persistence.0.is_none() {
            none_of("-p", &[self.granularity.option()])?;
        }
        Ok(())
    }

    /// That none is there which belongs to a service only.
    pub(super) fn of_a_server(&self) -> Result<(), Problem> {
        none_of(
            "-A",
            &[
                self.scheduler.option(),
                self.persistence.option(),
                self.granularity.option(),
                self.one_packet.option(),
                self.flags.option(),
                self.engine.option(),
            ],
        )
    }

    pub(super) fn key(&self) -> Result<ServiceKey, Problem> {
        let named = self.service.get().ok_or(Problem::NoService)?;
        match named {
            Named::Address(protocol, socket) => {
                none_of("-f", &[self.ipv6.option()])?;
                let (address, port) = (socket.ip(), socket.port());
                Ok(ServiceKey::Address { protocol, address, port })
            }
            Named::Mark(mark) => {
                let is_ipv6 = self.ipv6.get().is_some();
                let family = if is_ipv6 { Family::Ipv6 } else { Family::Ipv4 };
                Ok(ServiceKey::FirewallMark { family, mark })
            }
        }
    }

    pub(super) fn scheduler(&self) -> Option<&'a str> {
        self.scheduler.get()
    }

    pub(super) fn flags(&self) -> impl Iterator<Item = &'a str> {
        self.flags.get().into_iter().flat_map(|words| words.split(','))
    }

    pub(super) fn is_one_packet(&self) -> bool {
        self.one_packet.get().is_some()
    }

    pub(super) fn persistence(&self) -> Option<u32> {
        self.persistence.get()
    }

    pub(super) fn granularity(&self) -> Option<&'a str> {
        self.granularity.get()
    }

    pub(super) fn engine(&self) -> Option<&'a str> {
        self.engine.get()
    }

    pub(super) fn server(&self) -> Result<SocketAddr, Problem> {
        self.server.get().ok_or(Problem::NoServer)
    }

    pub(super) fn weight(&self) -> i32 {
        self.weight.get().unwrap_or(1)
    }

    /// The upper and the lower one.
    pub(super) fn thresholds(&self) -> (u32, u32) {
        (self.upper.get().unwrap_or(0), self.lower.get().unwrap_or(0))
    }

    pub(super) fn forwarding(&self) -> Result<Forwarding, Problem> {
        let forwarding = self.forwarding.get().unwrap_or(Forwarding::DirectRouting);
        if !matches!(forwarding, Forwarding::Tunnel(_)) {
            none_of("-i", &[self.tunnel.option()])?;
        }
        let checksum = self.checksum.get().unwrap_or_default();
        if self.tunnel.get() == Some("gre") && checksum == TunnelChecksum::Remote {
            none_of("--tun-type gue", &[self.checksum.option()])?;
        }
        let (tunnel, has_port, has_checksum) = match self.tunnel.get() {
            None | Some("ipip") => (Tunnel::Ipip, false, false),
            Some("gue") => {
                let port = self.tunnel_port.get().filter(|port| *port != 0);
                let port = port.ok_or(Problem::Missing("--tun-port"))?;
                (Tunnel::Gue { port, checksum }, true, true)
            }
            Some("gre") => (Tunnel::Gre { checksum }, false, true),
            Some(other) => {
                return Err(Problem::Value {
                    option: "--tun-type",
                    value: other.to_owned(),
                    allowed: "ipip, gue or gre",
                });
            }
        };
        if !has_port {
            none_of("--tun-type gue", &[self.tunnel_port.option()])?;
        }
        if !has_checksum {
            none_of("--tun-type gue or gre", &[self.checksum.option()])?;
        }
        Ok(match forwarding {
            Forwarding::Tunnel(_) => Forwarding::Tunnel(tunnel),
            other => other,
        })
    }
}

fn none_of(with: &'static str, options: &[Option<&'static str>]) -> Result<(), Problem> {
    match options.iter().flatten().next() {
        Some(option) => Err(Problem::Misplaced { option, with }),
        None => Ok(()),
    }
}
