//! `use_vmac`, `use_ipvlan` and what belongs to them.

use std::net::IpAddr;

use super::defaults::Defaults;
use crate::diagnostic::{Diagnostics, Span};
use crate::tree::{Section, Value, Values};

/// An interface that is made for an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtualInterfaceLine {
    /// What it is.
    pub kind: VirtualInterfaceKind,
    /// Its name.
    pub name: Option<String>,
    /// `group`: a number, or a name that iproute2 knows.
    pub group: Option<String>,
    /// `vmac_xmit_base`.
    pub transmits_on_base: bool,
    /// `use_vmac_addr`.
    pub carries_all: bool,
    /// `vmac_prefix`.
    pub prefix: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VirtualInterfaceKind {
    /// `use_vmac`, with the address that was written, if one was.
    Macvlan(Option<[u8; 6]>),
    /// `use_ipvlan`.
    Ipvlan {
        /// `bridge`, `private` or `vepa`.
        mode: IpvlanModeWord,
        /// The address that advertisements are sent from.
        address: Option<(IpAddr, Option<u8>)>,
    },
}

/// How an ipvlan treats its siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the kernel has these three")]
pub enum IpvlanModeWord {
    /// They hear each other.
    #[default]
    Bridge,
    /// They do not.
    Private,
    /// Through the switch.
    Vepa,
}

impl VirtualInterfaceLine {
    /// `None` when the instance has none.
    pub(super) fn read(
        section: &Section,
        vrid: u8,
        defaults: &Defaults,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let vmac = section.get("use_vmac");
        let ipvlan = section.get("use_ipvlan");
        let entry = vmac.or(ipvlan)?;
        if vmac.is_some()
            && let Some(ipvlan) = ipvlan
        {
            let message = "use_vmac and use_ipvlan exclude each other";
            diagnostics.error(ipvlan.span, message, "use_ipvlan is left out");
        }
        let values = entry.values()?;
        let texts: Vec<&str> = values.places.iter().flatten().filter_map(Value::text).collect();
        let is_mac = |text: &&&str| text.contains(':');
        let kind = match vmac {
            Some(_) => {
                let text = texts.iter().find(is_mac);
                let mac = text.and_then(|text| mac(text, vrid));
                if let (Some(text), None) = (text, mac) {
                    let message = format!("link-layer address is {text}");
                    let help = "allowed are five or six octets in hexadecimal, like \
                                00:00:5e:00:01 or 02:00:00:00:00:01; the first is even";
                    diagnostics.error(values.span, message, help);
                }
                VirtualInterfaceKind::Macvlan(mac)
            }
            None => VirtualInterfaceKind::Ipvlan {
                mode: match () {
                    () if values.has("private") => IpvlanModeWord::Private,
                    () if values.has("vepa") => IpvlanModeWord::Vepa,
                    () => IpvlanModeWord::Bridge,
                },
                address: values.places.iter().flatten().find_map(|value| match value {
                    Value::Prefix(address, length) => Some((*address, *length)),
                    _ => None,
                }),
            },
        };
        let first = texts.iter().find(|text| !is_mac(text)).map(|text| (*text).to_owned());
        Some(Self {
            kind,
            name: option(values, "name").or(first),
            group: option(values, "group"),
            transmits_on_base: section.has("vmac_xmit_base"),
            carries_all: section.has("use_vmac_addr"),
            prefix: defaults.vmac_prefix.clone(),
            span: entry.span,
        })
    }
}

fn option(values: &Values, word: &str) -> Option<String> {
    values.option(word).and_then(Value::text).map(str::to_owned)
}

/// Six octets, or five and the VRID.
fn mac(text: &str, vrid: u8) -> Option<[u8; 6]> {
    let octets: Option<Vec<u8>> =
        text.split(':').map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
    let mut octets = octets?;
    if octets.len() == 5 {
        octets.push(vrid);
    }
    // A group address is none of an interface.
    <[u8; 6]>::try_from(octets).ok().filter(|mac| mac[0] & 1 == 0)
}
