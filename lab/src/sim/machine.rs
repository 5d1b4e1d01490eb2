use std::net::Ipv4Addr;

use vrrp_fsm::{Actions, Config, Input, Timestamp, VirtualRouter};
use vrrp_proto::{
    Authentication, ChecksumForm, Datagram, DecodeError, Demands, HOP_LIMIT, Ipv4Envelope,
    MAX_IPV4_PACKET, MULTICAST_IPV4, Packet, Priority, Signer,
};

/// A machine with one virtual router.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) address: Ipv4Addr,
    pub(super) router: VirtualRouter,
    pub(super) is_on: bool,
}

impl Machine {
    pub(super) fn new(address: Ipv4Addr, config: Config) -> Self {
        Self { address, router: VirtualRouter::new(config), is_on: false }
    }

    /// A new process: nothing is remembered.
    pub(super) fn boot(&mut self) {
        self.is_on = true;
        self.router = VirtualRouter::new(self.router.config().clone());
    }

    pub(super) fn encode(&self, priority: Priority) -> Vec<u8> {
        let advertisement = self.router.advertisement(priority);
        let mut buffer = vec![0; MAX_IPV4_PACKET];
        let (source, destination) = (self.address, MULTICAST_IPV4);
        let envelope = Ipv4Envelope { source, destination, ttl: HOP_LIMIT, identification: 1 };
        let mut signer = Signer::new(Authentication::None, 0);
        let form = ChecksumForm::default();
        let length = signer.encode_ipv4(&advertisement, &envelope, form, &mut buffer);
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
