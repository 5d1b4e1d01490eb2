//! What the benches and the allocation test measure, so that both measure the same.

pub mod ipvs;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use vrrp_fsm::{Actions, Config, Input, Timestamp, VirtualRouter};
use vrrp_proto::{
    AddressList, Advertisement, Centiseconds, ChecksumForm, Datagram, DecodeError, Demands,
    Endpoints, MULTICAST_IPV4, Packet, Priority, Vrid,
};

const ADDRESSES: [Ipv4Addr; 1] = [Ipv4Addr::new(192, 0, 2, 10)];
/// Who sends the advertisement.
pub const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
/// From whom and to whom; arguments of what is measured, as in a driver, so that the compiler cannot
/// compute with them beforehand.
pub const ENDPOINTS: Endpoints =
    Endpoints::V4 { source: Ipv4Addr::new(192, 0, 2, 2), destination: MULTICAST_IPV4 };

/// A VRRPv3 advertisement over IPv4 with one address.
pub fn advertisement() -> Advertisement<'static> {
    let vrid = Vrid::new(51).expect("51 is a VRID");
    let priority = Priority::new(200).expect("200 is a priority");
    let addresses = AddressList::new(&ADDRESSES).expect("one address");
    Advertisement::v3_ipv4(vrid, priority, Centiseconds::DEFAULT, addresses)
}

/// The 12 octets of it.
pub fn message() -> [u8; 12] {
    let mut message = [0; 12];
    encode(&advertisement(), &ENDPOINTS, ChecksumForm::Rfc5798, &mut message);
    message
}

/// The plain 16-bit ones'-complement sum of RFC 1071, the measure of the codec's budgets.
#[inline(never)]
pub fn plain_sum(octets: &[u8]) -> u16 {
    let mut sum = 0u32;
    for pair in octets.chunks_exact(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], pair[1]]));
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

/// Decoding with every check, up to the typed advertisement.
///
/// # Errors
/// When the message is not valid.
#[inline(never)]
pub fn decode<'a>(
    datagram: &'a Datagram<'a>,
    demands: &Demands,
) -> Result<Advertisement<'a>, DecodeError> {
    Packet::decode(datagram, demands)?.advertisement()
}

/// Encoding, with the checksum.
#[inline(never)]
pub fn encode(
    advertisement: &Advertisement<'_>,
    endpoints: &Endpoints,
    form: ChecksumForm,
    buffer: &mut [u8],
) -> usize {
    advertisement.encode(*endpoints, form, buffer).unwrap_or(0)
}

/// A router in Backup that hears a router of higher priority.
pub fn backup() -> VirtualRouter {
    let vrid = Vrid::new(51).expect("51 is a VRID");
    let config = Config::v3_ipv4(vrid, Priority::DEFAULT, Centiseconds::DEFAULT, ADDRESSES)
        .expect("the address is unicast");
    let mut router = VirtualRouter::new(config);
    let address = IpAddr::from([192, 0, 2, 1]);
    for input in [Input::PrimaryAddress(Some(address)), Input::Startup] {
        // A Backup has nothing to do but to tell its state.
        let _ = router.handle(Timestamp::EPOCH, input);
    }
    router
}

/// An accepted advertisement in Backup.
#[inline(never)]
pub fn handle(
    router: &mut VirtualRouter,
    now: Timestamp,
    advertisement: &Advertisement<'_>,
) -> Actions {
    router.handle(now, Input::Advertisement { source: SOURCE, advertisement })
}

/// A moment that moves on by a microsecond with each call.
#[derive(Debug, Default)]
pub struct Clock(u64);

impl Clock {
    /// The next moment.
    pub fn tick(&mut self) -> Timestamp {
        self.0 += 1;
        Timestamp::from_epoch(Duration::from_micros(self.0))
    }
}

/// A configuration with about so many lines, as an operator writes them.
pub fn configuration(lines: usize) -> String {
    let instance = |number: usize| {
        format!(
            "vrrp_instance V{number} {{\n    interface eth0  # the LAN\n    state BACKUP\n    \
             virtual_router_id {}\n    priority 100\n    advert_int 1\n    authentication {{\n        \
             auth_type PASS\n        auth_pass secret\n    }}\n    virtual_ipaddress {{\n        \
             10.0.{}.{}/24 dev eth{}\n    }}\n}}\n",
            number % 255 + 1,
            number / 250 % 250,
            number % 250,
            number / 62_500
        )
    };
    (0..lines / 14).map(instance).collect()
}

/// Reads a configuration.
///
/// # Panics
/// When it cannot be read.
pub fn parse(text: &str) {
    let files = keepalived_conf::Memory::new().with("keepalived.conf", text);
    let options = keepalived_conf::Options::default();
    let outcome = keepalived_conf::read(&files, "keepalived.conf".as_ref(), &options);
    std::hint::black_box(outcome.expect("a file in memory can be read"));
}
