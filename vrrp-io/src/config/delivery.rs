use std::net::IpAddr;
use std::ops::RangeInclusive;

/// Whom advertisements are sent to and taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// To a group; the RFCs say [`MULTICAST_IPV4`](crate::proto::MULTICAST_IPV4) and
    /// [`MULTICAST_IPV6`](crate::proto::MULTICAST_IPV6).
    Multicast(IpAddr),
    /// To single routers: a setting of keepalived that no RFC has.
    Unicast(Unicast),
}

/// The other routers of a virtual router that does without multicast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unicast {
    pub(crate) peers: Vec<Peer>,
    pub(crate) ttl: u8,
    pub(crate) checks_source: bool,
    pub(crate) needs_peer: bool,
}

impl Unicast {
    /// These routers, and only these are listened to.
    pub fn new(peers: impl IntoIterator<Item = Peer>) -> Self {
        Self {
            peers: peers.into_iter().collect(),
            ttl: 255,
            checks_source: true,
            needs_peer: false,
        }
    }

    /// The TTL or hop limit of what is sent (default: 255).
    #[must_use]
    pub fn ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }

    /// Whether only the peers are listened to (default: true). Without it anybody who can reach this
    /// machine can take part.
    #[must_use]
    pub fn check_source(mut self, check: bool) -> Self {
        self.checks_source = check;
        self
    }

    /// Without a peer the router cannot run (default: it is Active then).
    #[must_use]
    pub fn need_peer(mut self) -> Self {
        self.needs_peer = true;
        self
    }

    pub(crate) fn peer(&self, address: IpAddr) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.address == address)
    }
}

/// Another router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) ttl: RangeInclusive<u8>,
}

impl Peer {
    /// A router at this address, however far away.
    pub fn new(address: IpAddr) -> Self {
        Self { address, ttl: 0..=u8::MAX }
    }

    /// Packets of this router are refused unless their TTL or hop limit is in this range: the least
    /// tells how far away it may be.
    #[must_use]
    pub fn ttl(mut self, ttl: RangeInclusive<u8>) -> Self {
        self.ttl = ttl;
        self
    }
}
