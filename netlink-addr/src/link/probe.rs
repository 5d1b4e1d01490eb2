//! Asking drivers whether there is a carrier: the ethtool family of generic netlink
//! (`include/uapi/linux/ethtool_netlink.h`).

use std::collections::BTreeMap;

use netlink_conn::{Attributes, Connection, Message, Protocol};

use super::find;
use crate::attribute::number;
use crate::error::Error;

/// `GENL_ID_CTRL`, and what is asked of it (`include/uapi/linux/genetlink.h`).
const GENL_ID_CTRL: u16 = 0x10;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;

const ETHTOOL_MSG_LINKSTATE_GET: u8 = 6;
const ETHTOOL_A_LINKSTATE_HEADER: u16 = 1;
const ETHTOOL_A_LINKSTATE_LINK: u16 = 2;
const ETHTOOL_A_HEADER_DEV_INDEX: u16 = 1;

/// `struct genlmsghdr`: command, version, reserved.
const GENLMSGHDR: usize = 4;

/// Asks drivers for their carrier, for those that do not tell of changes.
#[expect(missing_debug_implementations, reason = "a connection has nothing to show")]
pub struct CarrierProbe {
    connection: Connection,
    family: u16,
}

impl CarrierProbe {
    /// Works in the network namespace of the calling thread.
    ///
    /// # Errors
    /// [`Error`]: no netlink socket. `None` when the kernel cannot be asked (before Linux 5.6).
    pub fn open() -> Result<Option<Self>, Error> {
        let action = "ask for the ethtool interface";
        let mut connection = Connection::open(Protocol::Generic).map_err(Error::of(action))?;
        let of_family = |message: Message<'_>| {
            let attributes = message.payload.get(GENLMSGHDR..)?;
            let name = find(attributes, CTRL_ATTR_FAMILY_NAME)?;
            let id = find(attributes, CTRL_ATTR_FAMILY_ID)?;
            (name == b"ethtool\0").then_some(u16::from_ne_bytes(*id.first_chunk()?))
        };
        let families = connection
            .dump(
                GENL_ID_CTRL,
                |request| {
                    request.fixed(&[CTRL_CMD_GETFAMILY, 1, 0, 0]);
                },
                of_family,
            )
            .map_err(Error::of(action))?;
        Ok(families.first().map(|family| Self { connection, family: *family }))
    }

    /// Whether interfaces have a carrier, by their index. Those that do not tell are left out.
    ///
    /// # Errors
    /// [`Error`].
    pub fn carriers(&mut self) -> Result<BTreeMap<u32, bool>, Error> {
        let carrier = |message: Message<'_>| {
            let attributes = Attributes::new(message.payload.get(GENLMSGHDR..)?);
            let (mut index, mut link) = (None, None);
            for (kind, value) in attributes {
                match kind {
                    ETHTOOL_A_LINKSTATE_HEADER => {
                        index = find(value, ETHTOOL_A_HEADER_DEV_INDEX).and_then(number);
                    }
                    ETHTOOL_A_LINKSTATE_LINK => link = value.first().map(|link| *link != 0),
                    _ => {}
                }
            }
            index.zip(link)
        };
        let carriers = self
            .connection
            .dump(
                self.family,
                |request| {
                    request.fixed(&[ETHTOOL_MSG_LINKSTATE_GET, 1, 0, 0]);
                    request.nested(ETHTOOL_A_LINKSTATE_HEADER, |_| {});
                },
                carrier,
            )
            .map_err(Error::of("ask drivers for their carrier"))?;
        Ok(carriers.into_iter().collect())
    }
}
