//! The trailer on the wire.

use core::net::IpAddr;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::HmacKey;
use super::sequence::Sequence;
use crate::error::HmacFailure;
use crate::layout::{HMAC_TRAILER_LENGTH, field, hmac_trailer};

/// HMAC-SHA256, of which the first 16 octets are sent.
const TYPE: u8 = 1;
const MAC_LENGTH: usize = HMAC_TRAILER_LENGTH - hmac_trailer::MAC;

/// A received trailer whose fixed fields are right.
pub(super) struct Trailer<'a> {
    pub(super) key_id: u8,
    pub(super) sequence: Sequence,
    /// What is before the MAC.
    front: &'a [u8],
    mac: &'a [u8],
}

impl<'a> Trailer<'a> {
    pub(super) fn parse(octets: &'a [u8]) -> Result<Self, HmacFailure> {
        let refuse =
            |field, received, allowed| Err(HmacFailure::Malformed { field, received, allowed });
        let Ok(octets) = <&[u8; HMAC_TRAILER_LENGTH]>::try_from(octets) else {
            return refuse("length of the trailer (octets)", octets.len() as u64, "28");
        };
        let (front, mac) = octets.split_at(hmac_trailer::MAC);
        let [kind, key_id, reserved_high, reserved_low, a, b, c, d, e, f, g, h, ..] = *octets;
        if kind != TYPE {
            return refuse("Type of the trailer", kind.into(), "1 (HMAC-SHA256)");
        }
        let reserved = u16::from_be_bytes([reserved_high, reserved_low]);
        if reserved != 0 {
            return refuse("Reserved of the trailer", reserved.into(), "0");
        }
        let sequence = Sequence::from_octets([a, b, c, d, e, f, g, h]);
        Ok(Self { key_id, sequence, front, mac })
    }

    pub(super) fn verify(
        &self,
        key: &HmacKey,
        source: IpAddr,
        message: &[u8],
    ) -> Result<(), HmacFailure> {
        code(key, source, message, self.front)
            .verify_truncated_left(self.mac)
            .map_err(|_| HmacFailure::Mac)
    }
}

/// Writes every octet of the trailer.
pub(super) fn write(
    trailer: &mut [u8; HMAC_TRAILER_LENGTH],
    key: &HmacKey,
    sequence: Sequence,
    source: IpAddr,
    message: &[u8],
) {
    let (front, mac) = trailer.split_at_mut(hmac_trailer::MAC);
    front.fill(0);
    front[hmac_trailer::TYPE] = TYPE;
    front[hmac_trailer::KEY_ID] = key.id();
    front[hmac_trailer::SEQUENCE].copy_from_slice(&sequence.to_octets());
    let code = code(key, source, message, front).finalize().into_bytes();
    mac.copy_from_slice(&code[..MAC_LENGTH]);
}

/// The MAC over a pseudo-header, the message with a checksum of zero, and the trailer with a MAC of zero.
fn code(key: &HmacKey, source: IpAddr, message: &[u8], front: &[u8]) -> Hmac<Sha256> {
    let mut pseudo_header = [0; 20];
    pseudo_header[1] = message.get(field::VERSION_TYPE).map_or(0, |octet| octet >> 4);
    pseudo_header[2] = message.get(field::VRID).copied().unwrap_or(0);
    match source {
        IpAddr::V4(source) => {
            pseudo_header[0] = 4;
            pseudo_header[4..8].copy_from_slice(&source.octets());
        }
        IpAddr::V6(source) => {
            pseudo_header[0] = 6;
            pseudo_header[4..].copy_from_slice(&source.octets());
        }
    }
    let before_checksum = message.get(..field::CHECKSUM.start).unwrap_or(message);
    let after_checksum = message.get(field::CHECKSUM.end..).unwrap_or_default();
    key.hmac(&[
        &pseudo_header[..],
        before_checksum,
        &[0; 2],
        after_checksum,
        front,
        &[0; MAC_LENGTH],
    ])
}
