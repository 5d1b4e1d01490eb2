//! The IP packets in a capture that carry VRRP.

use std::error::Error;
use std::io;
use std::time::Duration;

use pcap_file::DataLink;
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use vrrp_proto::{AH_IP_PROTOCOL, IP_PROTOCOL};

const PCAPNG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Calls `each` with the time and the octets of every packet of IP protocol 112 or 51.
pub(crate) fn for_each_ip_packet(
    file: &[u8],
    mut each: impl FnMut(Duration, &[u8]) -> io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let mut take = |link: DataLink, at: Duration, octets: &[u8]| -> Result<(), Box<dyn Error>> {
        match ip_packet(link, octets)? {
            Some(packet) if is_vrrp(packet) => Ok(each(at, packet)?),
            _ => Ok(()),
        }
    };
    if file.starts_with(&PCAPNG_MAGIC) {
        let mut reader = PcapNgReader::new(file)?;
        let mut interfaces = Vec::new();
        while let Some(block) = reader.next_block() {
            match block? {
                Block::SectionHeader(_) => interfaces.clear(),
                Block::InterfaceDescription(interface) => {
                    interfaces.push((interface.linktype, unit(&interface.options)));
                }
                Block::EnhancedPacket(packet) => {
                    let interface = interfaces.get(packet.interface_id as usize);
                    let (link, unit) =
                        interface.ok_or("a packet of an interface that is not there")?;
                    // The reader takes the units for nanoseconds, whatever they are.
                    let units = packet.timestamp.as_nanos();
                    let at = Duration::from_secs_f64(units as f64 * unit);
                    take(*link, at, &packet.data)?;
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

/// Seconds in a unit of an interface's timestamps: `if_tsresol`, microseconds without it.
fn unit(options: &[InterfaceDescriptionOption<'_>]) -> f64 {
    let resolution = options.iter().find_map(|option| match option {
        InterfaceDescriptionOption::IfTsResol(resolution) => Some(*resolution),
        _ => None,
    });
    let resolution = resolution.unwrap_or(6);
    let exponent = i32::from(resolution & 0x7f);
    match resolution & 0x80 {
        0 => 10f64.powi(-exponent),
        _ => 2f64.powi(-exponent),
    }
}

/// What is behind the link-layer header, if it is IP.
fn ip_packet(link: DataLink, octets: &[u8]) -> Result<Option<&[u8]>, String> {
    let (kind_at, payload_at) = match link {
        DataLink::ETHERNET => (12, 14),
        DataLink::LINUX_SLL => (14, 16),
        DataLink::LINUX_SLL2 => (0, 20),
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => return Ok(Some(octets)),
        other => return Err(format!("link type {other:?} is not supported")),
    };
    Ok(behind(octets, kind_at, payload_at))
}

fn behind(octets: &[u8], mut kind_at: usize, mut payload_at: usize) -> Option<&[u8]> {
    let ethertype = |at: usize| Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]));
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

/// VRRP, or an Authentication Header around it.
fn is_vrrp(packet: &[u8]) -> bool {
    match packet.first().map(|octet| octet >> 4) {
        Some(4) => match packet.get(9) {
            Some(&AH_IP_PROTOCOL) => {
                let header = usize::from(packet[0] & 0x0f) * 4;
                packet.get(header) == Some(&IP_PROTOCOL)
            }
            protocol => protocol == Some(&IP_PROTOCOL),
        },
        Some(6) => packet.get(6) == Some(&IP_PROTOCOL),
        _ => false,
    }
}
