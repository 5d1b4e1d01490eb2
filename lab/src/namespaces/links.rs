//! Making and changing interfaces: `struct ifinfomsg`, `include/uapi/linux/if_link.h`.

use std::fs::{self, File};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;

use netlink_addr::{Address, AddressFlags, RouteTable};
use netlink_conn::{Batch, Connection, Protocol, Request, flags};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_BR_MCAST_SNOOPING: u16 = 23;
const VETH_INFO_PEER: u16 = 1;
const IFF_UP: u32 = 0x1;
const IFF_PROMISC: u32 = 0x100;

/// The interfaces of the calling thread's namespace.
pub(super) struct Links {
    connection: Connection,
    table: RouteTable,
}

impl Links {
    pub(super) fn open() -> io::Result<Self> {
        let connection = Connection::open(Protocol::Route).map_err(io::Error::other)?;
        Ok(Self { connection, table: RouteTable::open().map_err(io::Error::other)? })
    }

    /// A bridge that forwards at once and floods multicast.
    pub(super) fn add_bridge(&mut self, name: &str) -> io::Result<()> {
        self.create(|request| {
            fixed(request, 0, 0, 0);
            request.attribute(IFLA_IFNAME, &text(name));
            request.nested(IFLA_LINKINFO, |info| {
                info.attribute(IFLA_INFO_KIND, b"bridge");
                info.nested(IFLA_INFO_DATA, |data| {
                    data.attribute(IFLA_BR_MCAST_SNOOPING, &[0]);
                });
            });
        })
    }

    /// A pair of interfaces, the second one in another namespace.
    pub(super) fn add_veth(
        &mut self,
        name: &str,
        peer: &str,
        peer_mac: [u8; 6],
        namespace: &File,
    ) -> io::Result<()> {
        self.create(|request| {
            fixed(request, 0, 0, 0);
            request.attribute(IFLA_IFNAME, &text(name));
            request.nested(IFLA_LINKINFO, |info| {
                info.attribute(IFLA_INFO_KIND, b"veth");
                info.nested(IFLA_INFO_DATA, |data| {
                    data.nested(VETH_INFO_PEER, |other| {
                        fixed(other, 0, 0, 0);
                        other.attribute(IFLA_IFNAME, &text(peer));
                        other.attribute(IFLA_ADDRESS, &peer_mac);
                        let fd = namespace.as_raw_fd().to_ne_bytes();
                        other.attribute(IFLA_NET_NS_FD, &fd);
                    });
                });
            });
        })
    }

    pub(super) fn set_up(&mut self, name: &str, is_up: bool) -> io::Result<()> {
        self.set_flag(name, IFF_UP, is_up)
    }

    pub(super) fn set_promiscuous(&mut self, name: &str) -> io::Result<()> {
        self.set_flag(name, IFF_PROMISC, true)
    }

    fn set_flag(&mut self, name: &str, flag: u32, is_set: bool) -> io::Result<()> {
        let index = self.index(name)?;
        let value = if is_set { flag } else { 0 };
        self.execute(RTM_NEWLINK, 0, |request| fixed(request, index, value, flag))
    }

    pub(super) fn set_master(&mut self, name: &str, master: &str) -> io::Result<()> {
        let (index, master) = (self.index(name)?, self.index(master)?);
        self.execute(RTM_NEWLINK, 0, |request| {
            fixed(request, index, 0, 0);
            request.attribute(IFLA_MASTER, &master.to_ne_bytes());
        })
    }

    pub(super) fn delete(&mut self, name: &str) -> io::Result<()> {
        let index = self.index(name)?;
        self.execute(RTM_DELLINK, 0, |request| fixed(request, index, 0, 0))
    }

    pub(super) fn add_address(
        &mut self,
        name: &str,
        address: IpAddr,
        prefix_length: u8,
    ) -> io::Result<()> {
        let index = self.index(name)?;
        let address = Address::new(index, address, prefix_length).map_err(io::Error::other)?;
        let address = address.flags(AddressFlags::NODAD);
        let outcomes = self.table.add(&[address]).map_err(io::Error::other)?;
        outcomes.into_iter().collect::<Result<(), _>>().map_err(io::Error::other)
    }

    fn index(&mut self, name: &str) -> io::Result<u32> {
        let link = self.table.link_by_name(name).map_err(io::Error::other)?;
        link.map(|link| link.index)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no interface {name}")))
    }

    fn create(&mut self, write: impl FnOnce(&mut Request<'_>)) -> io::Result<()> {
        self.execute(RTM_NEWLINK, flags::CREATE | flags::EXCL, write)
    }

    fn execute(
        &mut self,
        kind: u16,
        flags: u16,
        write: impl FnOnce(&mut Request<'_>),
    ) -> io::Result<()> {
        let mut batch = Batch::new();
        write(&mut batch.request(kind, flags));
        let outcomes = self.connection.execute(&mut batch).map_err(io::Error::other)?;
        outcomes.into_iter().collect::<Result<(), _>>().map_err(io::Error::other)
    }
}

fn fixed(request: &mut Request<'_>, index: u32, flags: u32, change: u32) {
    let words = [0, index, flags, change].map(u32::to_ne_bytes);
    request.fixed(words.as_flattened());
}

fn text(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

/// Writes a setting of the calling thread's namespace.
pub(super) fn sysctl(path: &str, value: &str) -> io::Result<()> {
    fs::write(format!("/proc/sys/net/{path}"), value)
}
