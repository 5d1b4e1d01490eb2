//! How packets reach a server.

use crate::tree::{Value, Values};

/// `lvs_method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LvsMethod {
    /// `NAT`.
    #[default]
    Nat,
    /// `DR`.
    Direct,
    /// `TUN`.
    Tunnel(LvsTunnel),
}

/// What follows `TUN`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LvsTunnel {
    /// `type ipip`, or nothing.
    #[default]
    Ipip,
    /// `type gue`.
    Gue {
        /// `port`.
        port: u16,
        /// Which one.
        checksum: LvsTunnelChecksum,
    },
    /// `type gre`.
    Gre {
        /// Which one; never remote.
        checksum: LvsTunnelChecksum,
    },
}

/// The checksum of a tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LvsTunnelChecksum {
    /// `nocsum`.
    #[default]
    None,
    /// `csum`.
    Checksum,
    /// `remcsum`.
    Remote,
}

impl LvsMethod {
    /// What is wrong with it is returned as text.
    pub(super) fn of(values: &Values) -> Result<Self, &'static str> {
        match values.at(0).and_then(Value::text) {
            Some("DR") => return Ok(Self::Direct),
            Some("TUN") => {}
            _ => return Ok(Self::Nat),
        }
        let checksum = match () {
            () if values.has("remcsum") => LvsTunnelChecksum::Remote,
            () if values.has("csum") => LvsTunnelChecksum::Checksum,
            () => LvsTunnelChecksum::None,
        };
        let port = values.option("port").and_then(Value::integer);
        let port = port.and_then(|port| u16::try_from(port).ok());
        Ok(Self::Tunnel(match values.option("type").and_then(Value::text) {
            Some("gue") => match port {
                Some(port) => LvsTunnel::Gue { port, checksum },
                None => return Err("a tunnel of type gue needs a port"),
            },
            Some("gre") if checksum == LvsTunnelChecksum::Remote => {
                return Err("remcsum is for tunnels of type gue");
            }
            Some("gre") => LvsTunnel::Gre { checksum },
            _ => LvsTunnel::Ipip,
        }))
    }
}
