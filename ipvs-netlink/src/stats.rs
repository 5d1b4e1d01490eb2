/// What passed and passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections scheduled.
    pub connections: u64,
    /// Packets of clients.
    pub incoming_packets: u64,
    /// Packets to clients, where they pass here.
    pub outgoing_packets: u64,
    /// Octets of clients.
    pub incoming_octets: u64,
    /// Octets to clients, where they pass here.
    pub outgoing_octets: u64,
    /// Connections in a second.
    pub connection_rate: u64,
    /// Packets of clients in a second.
    pub incoming_packet_rate: u64,
    /// Packets to clients in a second.
    pub outgoing_packet_rate: u64,
    /// Octets of clients in a second.
    pub incoming_octet_rate: u64,
    /// Octets to clients in a second.
    pub outgoing_octet_rate: u64,
}
