//! keepalived's HMAC extension: a trailer after the message, which proves who sent the packet and that
//! it is not an old one (draft-cassen-vrrp-auth-hmac).
//!
//! It goes with both versions and both address families, and never with
//! [`Authentication`](crate::Authentication).

mod key;
mod keys;
mod mode;
mod replay;
mod senders;
mod sequence;
mod signer;
mod time;
mod trailer;
mod verifier;

pub use key::HmacKey;
pub use keys::{HmacKeys, HmacKeysError};
pub use mode::HmacMode;
pub use replay::{HmacReplay, TimeWindow};
pub use signer::HmacSigner;
pub use time::TimeOfDay;
pub use verifier::HmacVerifier;
