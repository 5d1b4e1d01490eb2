use crate::event::Cause;
use crate::time::Timestamp;
use vrrp_proto::ErrorKind;

/// The counters of one virtual router: those of RFC 8347, the VRRP MIBs (RFC 2787, RFC 6527), and
/// what an operator wants besides. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Valid advertisements received, priority 0 included (`advertisement-rcvd`).
    pub advertisements_received: u64,
    /// Advertisements that the driver was told to send, priority 0 included (`advertisement-sent`).
    pub advertisements_sent: u64,
    /// Received with priority 0 (`priority-zero-pkts-rcvd`).
    pub priority_zero_received: u64,
    /// Sent with priority 0 (`priority-zero-pkts-sent`).
    pub priority_zero_sent: u64,
    /// How often the router became Active (`master-transitions`).
    pub became_active: u64,
    /// How often it ceased to be Active.
    pub released_active: u64,
    /// Why it last became Active (`vrrpv3StatisticsNewMasterReason`).
    pub active_cause: Option<Cause>,
    /// When the state last changed.
    pub last_transition: Option<Timestamp>,
    /// Losing advertisements received while Active.
    pub conflicts: u64,
    /// Advertisements that an address owner discarded (RFC 9568 section 7.1).
    pub discarded_by_owner: u64,
    /// Advertisements that came while the router was deaf after its start.
    pub discarded_at_startup: u64,
    /// Advertisements with our own priority and address.
    pub same_address: u64,

    /// Interval other than configured (`interval-errors`); in VRRPv2 the packet was discarded.
    pub interval_errors: u64,
    /// Addresses other than configured (`address-list-errors`); in VRRPv2 the packet was discarded
    /// unless the owner sent it.
    pub address_list_errors: u64,
    /// Refused: TTL or hop limit (`ip-ttl-errors`).
    pub ttl_errors: u64,
    /// Refused: type (`invalid-type-pkts-rcvd`).
    pub invalid_type: u64,
    /// Refused: length, count or IP header (`packet-length-errors`).
    pub packet_length_errors: u64,
    /// Refused: checksum (`checksum-errors`).
    pub checksum_errors: u64,
    /// Discarded: another VRID (`vrid-errors`).
    pub vrid_errors: u64,
    /// Refused: version or family (`version-errors`).
    pub version_errors: u64,
    /// Refused: unknown authentication type (`vrrpStatsInvalidAuthType`).
    pub invalid_auth_type: u64,
    /// Refused: not the configured authentication type (`vrrpStatsAuthTypeMismatch`).
    pub auth_type_mismatch: u64,
    /// Refused: password, integrity or replay (`vrrpStatsAuthFailures`).
    pub auth_failures: u64,
    /// Refused: no HMAC trailer.
    pub auth_extension_missing: u64,
    /// Refused: an HMAC trailer that cannot be.
    pub auth_extension_malformed: u64,
    /// Refused: an HMAC trailer with a key that is not configured.
    pub auth_extension_unknown_key: u64,
    /// Refused: an HMAC trailer that does not fit the packet.
    pub auth_extension_invalid: u64,
    /// Refused: an HMAC trailer that is too old, or from a clock that differs too much.
    pub auth_extension_stale: u64,
    /// Refused: an HMAC trailer that was seen.
    pub auth_extension_replay: u64,

    /// The last reason to refuse a packet (`vrrpv3StatisticsProtoErrReason`).
    pub last_refusal: Option<ErrorKind>,

    /// Advertisements that could not be sent.
    pub transmit_failures: u64,
    /// Announcements that could not be sent.
    pub announce_failures: u64,
    /// Times that addresses could not be added or removed.
    pub address_failures: u64,
    /// Times that someone else took the addresses away and they were put back.
    pub addresses_restored: u64,
}

impl Stats {
    pub(crate) fn count_rejected(&mut self, kind: ErrorKind) {
        self.last_refusal = Some(kind);
        let counter = match kind {
            ErrorKind::HopLimit => &mut self.ttl_errors,
            ErrorKind::Type => &mut self.invalid_type,
            ErrorKind::Checksum => &mut self.checksum_errors,
            ErrorKind::Version => &mut self.version_errors,
            ErrorKind::Interval => &mut self.interval_errors,
            ErrorKind::Vrid => &mut self.vrid_errors,
            ErrorKind::UnsupportedAuthType => &mut self.invalid_auth_type,
            ErrorKind::AuthTypeMismatch => &mut self.auth_type_mismatch,
            ErrorKind::Authentication => &mut self.auth_failures,
            ErrorKind::ExtensionMissing => &mut self.auth_extension_missing,
            ErrorKind::ExtensionMalformed => &mut self.auth_extension_malformed,
            ErrorKind::ExtensionUnknownKey => &mut self.auth_extension_unknown_key,
            ErrorKind::ExtensionInvalid => &mut self.auth_extension_invalid,
            ErrorKind::ExtensionStale => &mut self.auth_extension_stale,
            ErrorKind::ExtensionReplay => &mut self.auth_extension_replay,
            // Truncated, IP header, length, count.
            _ => &mut self.packet_length_errors,
        };
        *counter += 1;
    }
}
