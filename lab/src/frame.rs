//! Frames, and captures of them.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use pcap_file::DataLink;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use vrrp_proto::{Datagram, Demands, Packet};

const ETHERNET_HEADER: usize = 14;

/// A recorded frame.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Frame {
    /// When the kernel saw it, since the Unix epoch.
    pub at: Duration,
    /// The frame, from the Ethernet header on.
    pub octets: Vec<u8>,
}

impl Frame {
    /// An IP packet as it would be in an Ethernet frame to its multicast group.
    pub(crate) fn of_packet(at: Duration, packet: &[u8]) -> Self {
        let (destination, kind) = match packet.first().map(|octet| octet >> 4) {
            Some(6) => ([0x33, 0x33, 0, 0, 0, 0x12], [0x86, 0xdd]),
            _ => ([0x01, 0, 0x5e, 0, 0, 0x12], [0x08, 0x00]),
        };
        let source = [0x02, 0, 0, 0, 0, 0];
        Self { at, octets: [&destination[..], &source, &kind, packet].concat() }
    }

    /// The advertisement in it, as source, VRID and priority, if it is a valid one.
    ///
    /// A VRRPv2 packet inside an Authentication Header is told without checking the proof.
    pub fn advertisement(&self) -> Option<(std::net::IpAddr, u8, u8)> {
        let ip = self.octets.get(ETHERNET_HEADER..)?;
        let kind = u16::from_be_bytes([*self.octets.get(12)?, *self.octets.get(13)?]);
        let datagram = match kind {
            0x0800 => Datagram::from_ipv4(ip).ok()?,
            0x86dd => Datagram::from_ipv6(ip).ok()?,
            _ => return None,
        };
        let packet = Packet::decode(&datagram, &Demands::new()).ok()?;
        Some((datagram.endpoints().source(), packet.vrid(), packet.priority().get()))
    }
}

impl Frame {
    /// Where it came from on the link, as `02:00:00:00:00:01`.
    pub fn source_mac(&self) -> String {
        let octets = self.octets.get(6..12).unwrap_or_default();
        octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
    }

    /// Whether it is a gratuitous ARP, request or reply, for this IPv4 address.
    pub fn is_gratuitous_arp(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<std::net::Ipv4Addr>() else { return false };
        let arp = self.octets.get(ETHERNET_HEADER..).unwrap_or_default();
        let is_arp = self.octets.get(12..14) == Some(&[0x08, 0x06][..]);
        // Sender and target protocol address (RFC 826).
        is_arp
            && arp.get(14..18) == Some(&address.octets()[..])
            && arp.get(24..28) == arp.get(14..18)
    }
}

/// Writes frames as a file that tcpdump, tshark and Wireshark read, with nanoseconds.
///
/// # Errors
/// When the file cannot be written.
pub fn write_pcap(path: &Path, frames: &[Frame]) -> io::Result<()> {
    let header = PcapHeader {
        datalink: DataLink::ETHERNET,
        ts_resolution: pcap_file::TsResolution::NanoSecond,
        ..PcapHeader::default()
    };
    let mut writer =
        PcapWriter::with_header(File::create(path)?, header).map_err(io::Error::other)?;
    for frame in frames {
        let length = u32::try_from(frame.octets.len()).unwrap_or(u32::MAX);
        let packet = PcapPacket::new(frame.at, length, &frame.octets);
        writer.write_packet(&packet).map_err(io::Error::other)?;
    }
    Ok(())
}
