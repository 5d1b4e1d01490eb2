/// For how many seconds connections are kept that say nothing; each is left as it is when it is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the three of the kernel")]
pub struct Timeouts {
    /// Established connections of TCP (the kernel's default: 900).
    pub tcp: u32,
    /// Those of TCP that are ending (120).
    pub tcp_fin: u32,
    /// UDP (300).
    pub udp: u32,
}

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Of IPVS: major, minor, patch.
    pub version: (u8, u8, u8),
    /// Buckets of the table of connections.
    pub connection_table_size: u32,
}
