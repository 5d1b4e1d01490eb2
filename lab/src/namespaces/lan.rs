//! A bridge and the hosts that are plugged into it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;

use super::Capture;
use super::links::{Links, sysctl};
use super::namespace::Namespace;

const BRIDGE: &str = "br0";
/// The name of the interface inside every host.
const INTERFACE: &str = "eth0";
const SECOND_BRIDGE: &str = "br1";
const SECOND_INTERFACE: &str = "eth1";

/// A LAN: 10.77.0.0/24, fd77::/64 and link-local addresses, made for one test and gone with it.
#[derive(Debug)]
pub struct Lan {
    switch: Namespace,
    hosts: Vec<Host>,
}

/// A machine on the LAN, with one interface `eth0`.
#[derive(Debug)]
pub struct Host {
    namespace: Namespace,
    number: u8,
}

impl Lan {
    /// A LAN with so many hosts, numbered from 0.
    ///
    /// # Errors
    /// As [`Namespace::new`].
    pub fn new(hosts: u8) -> io::Result<Self> {
        let switch = Namespace::new()?;
        switch.run(|| -> io::Result<()> {
            // The switch has no addresses, so nothing but what hosts send is on the LAN.
            sysctl("ipv6/conf/default/disable_ipv6", "1")?;
            let mut links = Links::open()?;
            links.add_bridge(BRIDGE)?;
            links.set_promiscuous(BRIDGE)?;
            links.set_up(BRIDGE, true)
        })?;
        let hosts = (0..hosts)
            .map(|number| Ok(Host { namespace: Namespace::new()?, number }))
            .collect::<io::Result<Vec<Host>>>()?;
        let lan = Self { switch, hosts };
        for host in &lan.hosts {
            lan.plug_in(host.number)?;
        }
        Ok(lan)
    }

    /// The host with this number.
    ///
    /// # Panics
    /// When there is none.
    pub fn host(&self, number: u8) -> &Host {
        &self.hosts[usize::from(number)]
    }

    /// Gives a host its interface, when it has none, and its addresses.
    ///
    /// # Errors
    /// When the interface exists.
    pub fn plug_in(&self, number: u8) -> io::Result<()> {
        let host = self.host(number);
        let namespace = host.namespace.file()?;
        let mac = host.mac();
        host.namespace.run(|| -> io::Result<()> {
            sysctl("ipv6/conf/default/accept_dad", "0")?;
            sysctl("ipv6/conf/default/accept_ra", "0")?;
            sysctl("ipv6/conf/default/router_solicitations", "0")
        })?;
        self.switch.run(move || -> io::Result<()> {
            let port = port(number);
            let mut links = Links::open()?;
            links.add_veth(&port, INTERFACE, mac, &namespace)?;
            links.set_master(&port, BRIDGE)?;
            links.set_up(&port, true)
        })?;
        let (v4, v6) = (host.ipv4(), host.ipv6());
        host.namespace.run(move || -> io::Result<()> {
            let mut links = Links::open()?;
            links.set_up(INTERFACE, true)?;
            links.add_address(INTERFACE, v4.into(), 24)?;
            links.add_address(INTERFACE, v6.into(), 64)
        })
    }

    /// A second network: every host gets `eth1` with 10.78.0.1/24 for host 0, and so on.
    ///
    /// # Errors
    /// When there is one already.
    pub fn add_second_network(&self) -> io::Result<()> {
        self.switch.run(|| -> io::Result<()> {
            let mut links = Links::open()?;
            links.add_bridge(SECOND_BRIDGE)?;
            links.set_up(SECOND_BRIDGE, true)
        })?;
        for host in &self.hosts {
            let (number, namespace) = (host.number, host.namespace.file()?);
            let mac = [0x02, 0, 0, 0, 0x78, number + 1];
            self.switch.run(move || -> io::Result<()> {
                let port = second_port(number);
                let mut links = Links::open()?;
                links.add_veth(&port, SECOND_INTERFACE, mac, &namespace)?;
                links.set_master(&port, SECOND_BRIDGE)?;
                links.set_up(&port, true)
            })?;
            host.namespace.run(move || -> io::Result<()> {
                let mut links = Links::open()?;
                links.set_up(SECOND_INTERFACE, true)?;
                let address = Ipv4Addr::new(10, 78, 0, number + 1);
                links.add_address(SECOND_INTERFACE, address.into(), 24)
            })?;
        }
        Ok(())
    }

    /// Connects or disconnects the cable of a host to the second network.
    ///
    /// # Errors
    /// When there is none.
    pub fn set_second_cable(&self, number: u8, is_connected: bool) -> io::Result<()> {
        self.switch.run(move || Links::open()?.set_up(&second_port(number), is_connected))
    }

    /// Takes the interface of a host away, as when a card is pulled out.
    ///
    /// # Errors
    /// When there is none.
    pub fn unplug(&self, number: u8) -> io::Result<()> {
        self.switch.run(move || Links::open()?.delete(&port(number)))
    }

    /// Connects or disconnects the cable of a host: the host loses its carrier.
    ///
    /// # Errors
    /// When the host has no interface.
    pub fn set_cable(&self, number: u8, is_connected: bool) -> io::Result<()> {
        self.switch.run(move || Links::open()?.set_up(&port(number), is_connected))
    }

    /// Begins to record everything that the bridge forwards.
    ///
    /// # Errors
    /// When a packet socket cannot be had.
    pub fn capture(&self) -> io::Result<Capture> {
        self.switch.run(|| Capture::start(BRIDGE))
    }

    /// Removes or restores an address of a host, as an administrator would.
    ///
    /// # Errors
    /// What `ip` says.
    pub fn ip_address(&self, number: u8, change: &str, address: &str) -> io::Result<()> {
        self.host(number).command(&["ip", "address", change, address, "dev", INTERFACE]).map(drop)
    }
}

fn second_port(number: u8) -> String {
    format!("second{number}")
}

fn port(number: u8) -> String {
    format!("port{number}")
}

impl Host {
    /// Its namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Its link-layer address.
    pub fn mac(&self) -> [u8; 6] {
        [0x02, 0, 0, 0, 0x77, self.number + 1]
    }

    /// Its IPv4 address: 10.77.0.1 for host 0.
    pub fn ipv4(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, self.number + 1)
    }

    /// Its global IPv6 address: fd77::1 for host 0. The link-local one is made from the
    /// [`mac`](Self::mac).
    pub fn ipv6(&self) -> Ipv6Addr {
        Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, u16::from(self.number) + 1)
    }

    /// Runs a command inside and returns what it printed.
    ///
    /// # Errors
    /// When it cannot be started or fails, with what it printed as an error.
    pub fn command(&self, words: &[&str]) -> io::Result<String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        self.namespace.run(move || {
            let output = Command::new(&words[0]).args(&words[1..]).output()?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(io::Error::other(format!("{}: {said}", words.join(" "))));
            }
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        })
    }

    /// The addresses on its interface.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn addresses(&self) -> io::Result<Vec<IpAddr>> {
        self.namespace.run(|| {
            let mut table = netlink_addr::RouteTable::open().map_err(io::Error::other)?;
            let link = table.link_by_name(INTERFACE).map_err(io::Error::other)?;
            let index = link.map(|link| link.index);
            let addresses = table.addresses().map_err(io::Error::other)?;
            let own = addresses.into_iter().filter(|address| Some(address.interface) == index);
            Ok(own.map(|address| address.local).collect())
        })
    }

    /// The link-layer address that its neighbour cache has for `address`.
    ///
    /// # Errors
    /// What `ip` says.
    pub fn neighbour(&self, address: IpAddr) -> io::Result<Option<String>> {
        let text = self.command(&["ip", "neighbour", "show", "to", &address.to_string()])?;
        let mut words = text.split_whitespace().skip_while(|word| *word != "lladdr");
        Ok(words.nth(1).map(ToOwned::to_owned))
    }
}
