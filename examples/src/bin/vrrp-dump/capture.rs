//! The IP packets in a capture that carry VRRP.

use std::error::Error;
use std::io;
use std::time::Duration;

use pcap_file::DataLink;
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};
use vrrp_proto::{AH_IP_PROTOCOL, IP_PROTOCOL};

const PCAPNG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Calls `each` with the time and the octets of every packet of IP protocol 112 or 51.
pub(crate) fn for_each_ip_packet(
    file: &[u8],
    mut each: impl FnMut(Duration, &[u8]) -> io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let mut take = |link: DataLink, at: Duration, octets: &[u8]| match ip_packet(link, octets) {
        Some(packet) if is_vrrp(packet) => each(at, packet),
        _ => Ok(()),
    };
    if file.starts_with(&PCAPNG_MAGIC) {
        let mut reader = PcapNgReader::new(file)?;
        let mut links = Vec::new();
        while let Some(block) = reader.next_block() {
            match block? {
                Block::InterfaceDescription(interface) => links.push(interface.linktype),
                Block::EnhancedPacket(packet) => {
                    let link = links.get(packet.interface_id as usize).copied();
                    take(link.unwrap_or(DataLink::ETHERNET), packet.timestamp, &packet.data)?;
                }
                _ => {}
            }
        }
    } else {
        let mut reader = PcapReader::new(file)?;
        let link = reader.header().datalink;
        while let Some(packet) = reader.next_packet() {
            let packet = packet?;
            take(link, packet.timestamp, &packet.data)?;
        }
    }
    Ok(())
}

/// What is behind the link-layer header, if it is IP.
fn ip_packet(link: DataLink, octets: &[u8]) -> Option<&[u8]> {
    let ethertype = |at: usize| Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]));
    let (mut kind_at, mut payload_at) = match link {
        DataLink::ETHERNET => (12, 14),
        DataLink::LINUX_SLL => (14, 16),
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => return Some(octets),
        _ => return None,
    };
    // IEEE 802.1Q and 802.1ad tags.
    while let 0x8100 | 0x88a8 = ethertype(kind_at)? {
        kind_at += 4;
        payload_at += 4;
    }
    match ethertype(kind_at)? {
        0x0800 | 0x86dd => octets.get(payload_at..),
        _ => None,
    }
}

fn is_vrrp(packet: &[u8]) -> bool {
    let protocol = match packet.first().map(|octet| octet >> 4) {
        Some(4) => packet.get(9),
        Some(6) => packet.get(6),
        _ => None,
    };
    protocol.is_some_and(|protocol| [IP_PROTOCOL, AH_IP_PROTOCOL].contains(protocol))
}
