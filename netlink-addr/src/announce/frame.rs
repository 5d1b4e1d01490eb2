//! The frames of an announcement.

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::icmpv6::NeighborAdvertisementHeader;
use etherparse::{
    ArpEthIpv4Packet, ArpOperation, EtherType, Ethernet2Header, Icmpv6Type, IpNumber,
    Ipv6FlowLabel, Ipv6Header,
};

use crate::link::MacAddress;

const BROADCAST: [u8; 6] = [0xff; 6];

/// The two forms of a gratuitous ARP frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "ARP has the two operations")]
pub enum ArpForm {
    /// An ARP announcement of RFC 5227 section 3. A machine that still has the address answers it.
    Request,
    /// A reply to nobody. It is not answered.
    Reply,
}

/// A gratuitous ARP frame (RFC 826, RFC 5227): 42 octets with the Ethernet header.
pub fn gratuitous_arp(mac: MacAddress, address: Ipv4Addr, form: ArpForm) -> Vec<u8> {
    let (operation, target_mac) = match form {
        ArpForm::Request => (ArpOperation::REQUEST, [0; 6]),
        // Linux takes a reply for gratuitous only if both hardware addresses are the same.
        ArpForm::Reply => (ArpOperation::REPLY, mac.0),
    };
    let arp = ArpEthIpv4Packet {
        operation,
        sender_mac: mac.0,
        sender_ipv4: address.octets(),
        target_mac,
        target_ipv4: address.octets(),
    };
    let ethernet =
        Ethernet2Header { source: mac.0, destination: BROADCAST, ether_type: EtherType::ARP };
    [&ethernet.to_bytes()[..], &arp.to_bytes()].concat()
}

/// An unsolicited neighbour advertisement (RFC 4861 section 7.2.6): 86 octets with the Ethernet header.
///
/// `is_router` sets the R flag, as RFC 9568 section 6.4.1 demands of a virtual router.
pub fn neighbour_advertisement(mac: MacAddress, address: Ipv6Addr, is_router: bool) -> Vec<u8> {
    const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
    /// Target link-layer address, in units of eight octets (RFC 4861 section 4.6.1).
    const OPTION: [u8; 2] = [2, 1];

    let body = [&address.octets()[..], &OPTION, &mac.0].concat();
    let header =
        NeighborAdvertisementHeader { router: is_router, solicited: false, r#override: true };
    let icmp = Icmpv6Type::NeighborAdvertisement(header)
        .to_header(address.octets(), ALL_NODES.octets(), &body)
        .expect("24 octets are not too long for ICMPv6");
    let icmp = icmp.to_bytes();
    let length = u16::try_from(icmp.len() + body.len()).expect("header and body have 32 octets");
    let ip = Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::ZERO,
        payload_length: length,
        next_header: IpNumber::IPV6_ICMP,
        // RFC 4861 section 7.1.2: anything else was routed and is dropped.
        hop_limit: 255,
        source: address.octets(),
        destination: ALL_NODES.octets(),
    };
    let ethernet =
        Ethernet2Header { source: mac.0, destination: ALL_NODES_MAC, ether_type: EtherType::IPV6 };
    [&ethernet.to_bytes()[..], &ip.to_bytes(), &icmp, &body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// The virtual router MAC addresses of VRID 51.
    const V4: MacAddress = MacAddress([0, 0, 0x5e, 0, 1, 0x33]);
    const V6: MacAddress = MacAddress([0, 0, 0x5e, 0, 2, 0x33]);

    #[test]
    fn arp_announcement_of_rfc_5227() {
        assert_eq!(
            hex(&gratuitous_arp(V4, Ipv4Addr::new(192, 0, 2, 10), ArpForm::Request)),
            "ffffffffffff00005e0001330806000108000604000100005e000133c000020a000000000000c000020a"
        );
    }

    #[test]
    fn arp_reply_to_nobody() {
        assert_eq!(
            hex(&gratuitous_arp(V4, Ipv4Addr::new(192, 0, 2, 10), ArpForm::Reply)),
            "ffffffffffff00005e0001330806000108000604000200005e000133c000020a00005e000133c000020a"
        );
    }

    #[test]
    fn neighbour_advertisement_of_a_router_and_of_a_host() {
        let address = "2001:db8::10".parse().unwrap();
        let router = "33330000000100005e00023386dd6000000000203aff20010db8000000000000000000000010ff\
                      02000000000000000000000000000188001adaa000000020010db80000000000000000000000\
                      10020100005e000233";
        assert_eq!(hex(&neighbour_advertisement(V6, address, true)), router);
        let host = router.replace("88001adaa0", "88009ada20");
        assert_eq!(hex(&neighbour_advertisement(V6, address, false)), host);
    }
}
