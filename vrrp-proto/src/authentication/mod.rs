//! Authentication of VRRPv2: simple text password and IP Authentication Header.
//!
//! RFC 3768 took both out of the protocol because they prove little; they live on in installed
//! networks. What is built here is what keepalived puts on the wire.

mod replay;
mod signer;
mod verifier;

pub use replay::{ReplayGuard, ReplayWindow};
pub use signer::Signer;
pub use verifier::Verifier;

use crate::secret::Secret;

/// How the routers of a VRRPv2 virtual router prove themselves to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 2338 section 5.3.6 has the three")]
pub enum Authentication {
    /// No proof (RFC 3768 section 5.3.6).
    #[default]
    None,
    /// Simple text password: eight octets in clear (RFC 2338 section 5.3.6).
    Password(Secret),
    /// IP Authentication Header with HMAC-MD5-96 (RFC 2402, RFC 2403).
    AuthenticationHeader(Secret),
}

impl Authentication {
    /// The Auth Type octet.
    pub const fn auth_type(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Password(_) => 1,
            Self::AuthenticationHeader(_) => 2,
        }
    }
}
