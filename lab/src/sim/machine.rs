use std::net::IpAddr;

use vrrp_fsm::{Actions, Config, Input, Timestamp, VirtualRouter};
use vrrp_proto::{
    Authentication, ChecksumForm, Datagram, DecodeError, Demands, HOP_LIMIT, Ipv4Envelope,
    MAX_IPV6_PACKET, MULTICAST_IPV4, MULTICAST_IPV6, Packet, Priority, Signer,
};

/// A machine with one virtual router.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) address: IpAddr,
    pub(super) router: VirtualRouter,
    pub(super) is_on: bool,
    pub(super) holds_addresses: bool,
    pub(super) partition: u8,
}

impl Machine {
    pub(super) fn new(address: IpAddr, config: Config) -> Self {
        Self {
            address,
            router: VirtualRouter::new(config),
            is_on: false,
            holds_addresses: false,
            partition: 0,
        }
    }

    /// A new process: nothing is remembered.
    pub(super) fn boot(&mut self) {
        self.is_on = true;
        self.holds_addresses = false;
        self.router = VirtualRouter::new(self.router.config().clone());
    }

    pub(super) fn encode(&self, priority: Priority) -> Vec<u8> {
        let advertisement = self.router.advertisement(priority);
        let mut buffer = vec![0; MAX_IPV6_PACKET];
        let length = match self.address {
            IpAddr::V4(source) => {
                let envelope = Ipv4Envelope {
                    source,
                    destination: MULTICAST_IPV4,
                    ttl: HOP_LIMIT,
                    identification: 1,
                };
                let form = ChecksumForm::default();
                let mut signer = Signer::new(Authentication::None, 0);
                signer.encode_ipv4(&advertisement, &envelope, form, &mut buffer)
            }
            IpAddr::V6(source) => advertisement.encode_ipv6(source, MULTICAST_IPV6, &mut buffer),
        };
        buffer.truncate(length.expect("a machine's address is of its router's family"));
        buffer
    }

    pub(super) fn receive(&mut self, now: Timestamp, octets: &[u8]) -> Actions {
        let demands = Demands::new();
        let received = Datagram::from_ip(octets);
        let verified = received.as_ref().map_err(|error| *error).and_then(|datagram| {
            let packet = Packet::decode(datagram, &demands)?;
            let advertisement = packet.advertisement()?;
            Ok::<_, DecodeError>((datagram.endpoints().source(), advertisement))
        });
        match verified {
            Ok((source, advertisement)) => {
                let advertisement = &advertisement;
                self.router.handle(now, Input::Advertisement { source, advertisement })
            }
            Err(error) => self.router.handle(now, Input::Rejected(error.kind())),
        }
    }
}
