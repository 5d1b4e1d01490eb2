//! The IP Authentication Header (RFC 2402 section 2) around a VRRP message.

use core::net::Ipv4Addr;

use crate::IP_PROTOCOL;
use crate::error::{AuthFailure, DecodeError};
use crate::secret::Secret;

/// Octets with an integrity check value of 96 bits.
pub(crate) const LENGTH: usize = 24;
pub(crate) const ICV_LENGTH: usize = 12;
const ICV_OFFSET: usize = LENGTH - ICV_LENGTH;
/// Payload Len counts 32-bit words and leaves out two (RFC 2402 section 2.2).
const PAYLOAD_LEN: u8 = 4;

/// A received Authentication Header whose fixed fields are those of VRRP.
#[derive(Clone, Copy)]
pub(crate) struct AuthenticationHeader<'a>(&'a [u8; LENGTH]);

impl<'a> AuthenticationHeader<'a> {
    /// The header at the front of `payload`, and what follows it.
    pub(crate) fn parse(payload: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let Some((octets, message)) = payload.split_first_chunk::<LENGTH>() else {
            return Err(DecodeError::Truncated {
                header: "Authentication Header",
                needed: LENGTH,
                received: payload.len(),
            });
        };
        let refuse = |field, value: u8, allowed| {
            Err(DecodeError::IpHeader { field, value: value.into(), allowed })
        };
        if octets[0] != IP_PROTOCOL {
            return refuse("AH next header", octets[0], "112 (VRRP)");
        }
        if octets[1] != PAYLOAD_LEN {
            return refuse("AH payload length (words)", octets[1], "4, for an ICV of 96 bits");
        }
        Ok((Self(octets), message))
    }

    fn security_parameters_index(&self) -> Ipv4Addr {
        let [.., a, b, c, d, _, _, _, _] = self.fixed();
        Ipv4Addr::new(*a, *b, *c, *d)
    }

    pub(crate) fn sequence(&self) -> u32 {
        let [.., a, b, c, d] = self.fixed();
        u32::from_be_bytes([*a, *b, *c, *d])
    }

    fn fixed(&self) -> &[u8; ICV_OFFSET] {
        self.0.first_chunk().expect("the fixed part is shorter than the header")
    }

    /// Integrity first, so that nothing else in the header is believed before.
    pub(crate) fn verify(
        &self,
        secret: &Secret,
        ipv4_header: &[u8],
        message: &[u8],
        source: Ipv4Addr,
    ) -> Result<(), AuthFailure> {
        use hmac::Mac;
        let mut header = [0; 60];
        let header = immutable_header(ipv4_header, &mut header);
        secret
            .hmac(&[header, self.fixed(), &[0; ICV_LENGTH], message])
            .verify_truncated_left(&self.0[ICV_OFFSET..])
            .map_err(|_| AuthFailure::IntegrityCheckValue)?;
        // keepalived uses the sender's address as the index and insists on it.
        let received = self.security_parameters_index();
        if received != source {
            return Err(AuthFailure::SecurityParametersIndex { received, source_address: source });
        }
        Ok(())
    }
}

/// Builds the header for `message`.
pub(crate) fn build(
    secret: &Secret,
    ipv4_header: &[u8],
    source: Ipv4Addr,
    sequence: u32,
    message: &[u8],
) -> [u8; LENGTH] {
    use hmac::Mac;
    let mut ah = [0; LENGTH];
    ah[0] = IP_PROTOCOL;
    ah[1] = PAYLOAD_LEN;
    ah[4..8].copy_from_slice(&source.octets());
    ah[8..12].copy_from_slice(&sequence.to_be_bytes());
    let mut header = [0; 60];
    let header = immutable_header(ipv4_header, &mut header);
    let icv = secret.hmac(&[header, &ah, message]).finalize().into_bytes();
    ah[ICV_OFFSET..].copy_from_slice(&icv[..ICV_LENGTH]);
    ah
}

/// The IPv4 header with its mutable fields zeroed, as keepalived does it: TOS, flags and fragment
/// offset, checksum, and TTL towards a unicast peer only (RFC 2402 section 3.3.3.1.1.1 zeroes it always).
fn immutable_header<'b>(header: &[u8], buffer: &'b mut [u8; 60]) -> &'b [u8] {
    const TOS: usize = 1;
    const FRAGMENT: core::ops::Range<usize> = 6..8;
    const TTL: usize = 8;
    const CHECKSUM: core::ops::Range<usize> = 10..12;
    const DESTINATION: usize = 16;

    let copy = &mut buffer[..header.len()];
    copy.copy_from_slice(header);
    copy[TOS] = 0;
    copy[FRAGMENT].fill(0);
    copy[CHECKSUM].fill(0);
    let multicast = copy[DESTINATION] & 0xf0 == 0xe0;
    if !multicast {
        copy[TTL] = 0;
    }
    copy
}
