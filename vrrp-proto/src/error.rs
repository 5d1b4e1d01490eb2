//! Why a packet was refused.

use core::fmt;
use core::net::Ipv4Addr;

use crate::fields::OutOfRange;

/// Why a received packet was refused. Each variant names the field, its value and what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer octets than the fixed part of a header.
    #[error("{header} needs {needed} octets, received {received}")]
    Truncated {
        /// The header that is incomplete.
        header: &'static str,
        /// Octets that it has.
        needed: usize,
        /// Octets that there are.
        received: usize,
    },
    /// A field of the IP header (or of the Authentication Header in it) cannot be.
    #[error("{field} is {value}, allowed is {allowed}")]
    IpHeader {
        /// The field, in the words of RFC 791, RFC 8200 or RFC 2402.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// TTL or hop limit shows that the packet was routed (RFC 9568 sections 5.1.1.3 and 5.1.2.3).
    #[error("TTL or hop limit is {received}, {}", Allowed(*.min, *.max))]
    HopLimit {
        /// The value in the packet.
        received: u8,
        /// The smallest allowed value.
        min: u8,
        /// The largest allowed value.
        max: u8,
    },
    /// Not a version of the protocol that exists for this address family.
    #[error("version is {received}, allowed are {allowed}")]
    Version {
        /// The version nibble.
        received: u8,
        /// `"2 and 3"` over IPv4, `"3"` over IPv6.
        allowed: &'static str,
    },
    /// Not an ADVERTISEMENT.
    #[error("type is {received}, allowed is 1 (ADVERTISEMENT)")]
    Type {
        /// The type nibble.
        received: u8,
    },
    /// The advertisement names no address.
    #[error("IPvX Addr Count is 0, allowed are 1 to 255")]
    NoAddresses,
    /// Address count and message length contradict each other.
    #[error("IPvX Addr Count {count} means {expected} octets, received {received}")]
    Length {
        /// The count field.
        count: u8,
        /// Octets that a message with this count has.
        expected: usize,
        /// Octets received.
        received: usize,
    },
    /// The checksum does not hold in any form that is accepted.
    #[error("checksum is {received:#06x}, allowed is {computed:#06x}")]
    Checksum {
        /// The checksum field.
        received: u16,
        /// The right value, in the form that is preferred.
        computed: u16,
    },
    /// An authentication type that RFC 2338 does not define.
    #[error("Auth Type is {received}, allowed are 0 (none), 1 (simple text password) and 2 (AH)")]
    UnsupportedAuthType {
        /// The Auth Type field.
        received: u8,
    },
    /// A known authentication type, but not the one that this router uses.
    #[error("Auth Type is {received}, allowed is {configured} as configured")]
    AuthTypeMismatch {
        /// The Auth Type field.
        received: u8,
        /// What this router uses.
        configured: u8,
    },
    /// The proof of the sender does not hold.
    #[error("authentication failed: {0}")]
    Authentication(AuthFailure),
    /// The proof in the HMAC trailer does not hold.
    #[error("HMAC extension: {0}")]
    Extension(HmacFailure),
    /// VRID 0: well-formed, but no router can have it.
    #[error(transparent)]
    Vrid(OutOfRange),
    /// An advertisement interval of zero: well-formed, but every timer would collapse.
    #[error(transparent)]
    Interval(OutOfRange),
}

/// Which proof of the sender failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthFailure {
    /// The simple text password differs. Neither value is told.
    #[error("the password differs")]
    Password,
    /// Auth Type says AH, but there is no Authentication Header.
    #[error("the packet has no Authentication Header")]
    NoHeader,
    /// There is an Authentication Header and no key to verify it with.
    #[error("no key is known that could verify the Authentication Header")]
    NoKey,
    /// The integrity check value differs.
    #[error("the Integrity Check Value differs")]
    IntegrityCheckValue,
    /// The security parameters index is not the sender's address.
    #[error("the Security Parameters Index is {received}, allowed is {source_address}, the source")]
    SecurityParametersIndex {
        /// The index field, written as the address it stands for.
        received: Ipv4Addr,
        /// The source of the packet.
        source_address: Ipv4Addr,
    },
    /// The sequence number was seen, or is older than the window.
    #[error("sequence number {received} was seen or is too old, highest is {highest}")]
    Replay {
        /// The sequence number field.
        received: u32,
        /// The highest one that this sender proved.
        highest: u32,
    },
}

/// What is wrong with the HMAC trailer of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HmacFailure {
    /// There is none.
    #[error("the packet has no trailer")]
    Missing,
    /// A fixed field cannot be.
    #[error("{field} is {received}, allowed is {allowed}")]
    Malformed {
        /// The field.
        field: &'static str,
        /// Its value.
        received: u64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// It was made with a key that this router does not have.
    #[error("Key ID is {0}, allowed are those of the configured keys")]
    UnknownKey(u8),
    /// It was made too long ago, or the clocks differ. This is found before the MAC is looked at.
    #[error("Seconds are {sent}, allowed is a distance of {window} to {now}")]
    Stale {
        /// When it was made, by the sender's clock: seconds since 1970.
        sent: u32,
        /// This router's clock.
        now: u32,
        /// The allowed distance in seconds.
        window: u16,
    },
    /// The MAC differs: another key, or the packet was changed.
    #[error("the MAC differs")]
    Mac,
    /// This sender has used the number before, or a higher one.
    #[error("sequence {received:#018x} was seen or is too old, highest is {highest:#018x}")]
    Replay {
        /// Seconds, fraction and counter.
        received: u64,
        /// The highest that this sender proved.
        highest: u64,
    },
}

impl HmacFailure {
    const fn kind(self) -> ErrorKind {
        match self {
            Self::Missing => ErrorKind::ExtensionMissing,
            Self::Malformed { .. } => ErrorKind::ExtensionMalformed,
            Self::UnknownKey(_) => ErrorKind::ExtensionUnknownKey,
            Self::Mac => ErrorKind::ExtensionInvalid,
            Self::Stale { .. } => ErrorKind::ExtensionStale,
            Self::Replay { .. } => ErrorKind::ExtensionReplay,
        }
    }
}

/// The kinds of refusal, for counters and for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// [`DecodeError::Truncated`].
    Truncated,
    /// [`DecodeError::IpHeader`].
    IpHeader,
    /// [`DecodeError::HopLimit`].
    HopLimit,
    /// [`DecodeError::Version`].
    Version,
    /// [`DecodeError::Type`].
    Type,
    /// [`DecodeError::NoAddresses`].
    NoAddresses,
    /// [`DecodeError::Length`].
    Length,
    /// [`DecodeError::Checksum`].
    Checksum,
    /// [`DecodeError::UnsupportedAuthType`].
    UnsupportedAuthType,
    /// [`DecodeError::AuthTypeMismatch`].
    AuthTypeMismatch,
    /// [`DecodeError::Authentication`].
    Authentication,
    /// [`HmacFailure::Missing`].
    ExtensionMissing,
    /// [`HmacFailure::Malformed`].
    ExtensionMalformed,
    /// [`HmacFailure::UnknownKey`].
    ExtensionUnknownKey,
    /// [`HmacFailure::Mac`].
    ExtensionInvalid,
    /// [`HmacFailure::Stale`].
    ExtensionStale,
    /// [`HmacFailure::Replay`].
    ExtensionReplay,
    /// [`DecodeError::Vrid`].
    Vrid,
    /// [`DecodeError::Interval`].
    Interval,
}

impl ErrorKind {
    /// A stable name, for programs that read our output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::IpHeader => "bad_ip_header",
            Self::HopLimit => "bad_ttl",
            Self::Version => "bad_version",
            Self::Type => "bad_type",
            Self::NoAddresses => "no_addresses",
            Self::Length => "length_mismatch",
            Self::Checksum => "bad_checksum",
            Self::UnsupportedAuthType => "unsupported_auth_type",
            Self::AuthTypeMismatch => "auth_type_mismatch",
            Self::Authentication => "auth_failure",
            Self::ExtensionMissing => "auth_extension_missing",
            Self::ExtensionMalformed => "auth_extension_malformed",
            Self::ExtensionUnknownKey => "auth_extension_unknown_key",
            Self::ExtensionInvalid => "auth_extension_invalid",
            Self::ExtensionStale => "auth_extension_stale",
            Self::ExtensionReplay => "auth_extension_replay",
            Self::Vrid => "bad_vrid",
            Self::Interval => "bad_interval",
        }
    }
}

impl DecodeError {
    /// The kind of the error, without its values.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Truncated { .. } => ErrorKind::Truncated,
            Self::IpHeader { .. } => ErrorKind::IpHeader,
            Self::HopLimit { .. } => ErrorKind::HopLimit,
            Self::Version { .. } => ErrorKind::Version,
            Self::Type { .. } => ErrorKind::Type,
            Self::NoAddresses => ErrorKind::NoAddresses,
            Self::Length { .. } => ErrorKind::Length,
            Self::Checksum { .. } => ErrorKind::Checksum,
            Self::UnsupportedAuthType { .. } => ErrorKind::UnsupportedAuthType,
            Self::AuthTypeMismatch { .. } => ErrorKind::AuthTypeMismatch,
            Self::Authentication(_) => ErrorKind::Authentication,
            Self::Extension(failure) => failure.kind(),
            Self::Vrid(_) => ErrorKind::Vrid,
            Self::Interval(_) => ErrorKind::Interval,
        }
    }
}

/// Why an advertisement could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The buffer is too short.
    #[error("the buffer has {available} octets, {needed} are needed")]
    BufferTooShort {
        /// Octets that the packet has.
        needed: usize,
        /// Octets that the buffer has.
        available: usize,
    },
    /// The addresses of the packet are of another family than the virtual addresses.
    #[error("the virtual addresses and the packet's addresses are of different families")]
    FamilyMismatch,
    /// PASS and AH exist in VRRPv2 only (RFC 9568 section 9).
    #[error("VRRPv3 has no authentication")]
    AuthenticationInV3,
    /// The AH sequence number would cycle, which RFC 2402 section 3.3.2 forbids.
    #[error("the AH sequence number is used up")]
    SequenceExhausted,
}

/// How an error says what is allowed.
struct Allowed(u8, u8);

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(min, max) = self;
        match min == max {
            true => write!(f, "allowed is {min}"),
            false => write!(f, "allowed are {min} to {max}"),
        }
    }
}
