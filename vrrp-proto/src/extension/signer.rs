use core::net::{IpAddr, Ipv6Addr};

use super::sequence::Sequence;
use super::trailer;
use super::{HmacKey, HmacKeys, HmacKeysError, HmacReplay, TimeOfDay};
use crate::IP_PROTOCOL;
use crate::advertisement::Advertisement;
use crate::checksum::{ChecksumForm, Endpoints, fold, sum_words};
use crate::envelope::{IPV4_HEADER_LENGTH, IPV6_HEADER_LENGTH, Ipv4Envelope, write_ipv6_header};
use crate::error::EncodeError;
use crate::layout::{HMAC_TRAILER_LENGTH, field};

/// The sending side of the HMAC extension, with the number that it used last.
///
/// Every call uses a number of its own, above all before, also when the clock stands still or goes back.
/// Only a clock that goes back by more than the [`Time`](HmacReplay::Time) window is followed: nobody
/// would accept what goes on from where it was.
#[derive(Clone, Debug)]
pub struct HmacSigner {
    key: HmacKey,
    replay: HmacReplay,
    last: Sequence,
}

impl HmacSigner {
    /// A signer that uses the key with the ID `active`.
    ///
    /// # Errors
    /// [`HmacKeysError::NoSuchKey`].
    pub fn new(keys: &HmacKeys, active: u8, replay: HmacReplay) -> Result<Self, HmacKeysError> {
        let key = keys.get(active).ok_or(HmacKeysError::NoSuchKey { id: active })?;
        Ok(Self { key: key.clone(), replay, last: Sequence::ZERO })
    }

    /// Takes another key or rule; the numbers go on.
    ///
    /// # Errors
    /// [`HmacKeysError::NoSuchKey`]; nothing is changed then.
    pub fn reconfigure(
        &mut self,
        keys: &HmacKeys,
        active: u8,
        replay: HmacReplay,
    ) -> Result<(), HmacKeysError> {
        let last = self.last;
        *self = Self { last, ..Self::new(keys, active, replay)? };
        Ok(())
    }

    /// Writes the trailer of a whole VRRP message that is sent from `source`.
    ///
    /// The message's checksum does not matter: it counts as zero.
    pub fn sign(
        &mut self,
        time: TimeOfDay,
        source: IpAddr,
        message: &[u8],
        trailer: &mut [u8; HMAC_TRAILER_LENGTH],
    ) {
        let by_clock = Sequence::at(time);
        self.last = match self.replay.is_stranded(self.last, time) {
            true => by_clock,
            false => by_clock.max(self.last.next()),
        };
        trailer::write(trailer, &self.key, self.last, source, message);
    }

    /// Writes a whole IPv4 packet with its trailer into the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// Those of [`Advertisement::encode`]; no number is used then.
    pub fn encode_ipv4(
        &mut self,
        advertisement: &Advertisement<'_>,
        envelope: &Ipv4Envelope,
        form: ChecksumForm,
        time: TimeOfDay,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let parts = Parts::<IPV4_HEADER_LENGTH>::of(buffer, advertisement.encoded_length())?;
        let Parts { header, message, trailer } = parts;
        let endpoints =
            Endpoints::V4 { source: envelope.source, destination: envelope.destination };
        advertisement.encode(endpoints, form, message)?;
        self.sign(time, endpoints.source(), message, trailer);
        let length = header.len() + message.len() + trailer.len();
        envelope.write(header, IP_PROTOCOL, length);
        Ok(length)
    }

    /// Writes a whole IPv6 packet with its trailer into the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// As [`encode_ipv4`](Self::encode_ipv4).
    pub fn encode_ipv6(
        &mut self,
        advertisement: &Advertisement<'_>,
        source: Ipv6Addr,
        destination: Ipv6Addr,
        time: TimeOfDay,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let parts = Parts::<IPV6_HEADER_LENGTH>::of(buffer, advertisement.encoded_length())?;
        let Parts { header, message, trailer } = parts;
        let endpoints = Endpoints::V6 { source, destination };
        advertisement.encode(endpoints, ChecksumForm::default(), message)?;
        self.sign(time, endpoints.source(), message, trailer);
        let payload = message.len() + trailer.len();
        // keepalived lets the kernel compute it (IPV6_CHECKSUM), over the whole payload: the trailer too,
        // which the checksum over IPv4 leaves out.
        message[field::CHECKSUM].fill(0);
        let sum = sum_words(message) + sum_words(trailer) + endpoints.pseudo_header(payload);
        message[field::CHECKSUM].copy_from_slice(&(!fold(sum)).to_be_bytes());
        write_ipv6_header(header, source, destination, payload);
        Ok(header.len() + payload)
    }
}

/// The places in a buffer for the parts of a packet.
struct Parts<'a, const HEADER: usize> {
    header: &'a mut [u8; HEADER],
    message: &'a mut [u8],
    trailer: &'a mut [u8; HMAC_TRAILER_LENGTH],
}

impl<'a, const HEADER: usize> Parts<'a, HEADER> {
    fn of(buffer: &'a mut [u8], message_length: usize) -> Result<Self, EncodeError> {
        let needed = HEADER + message_length + HMAC_TRAILER_LENGTH;
        let available = buffer.len();
        let parts = buffer.get_mut(..needed).and_then(|packet| {
            let (header, rest) = packet.split_first_chunk_mut()?;
            let (message, trailer) = rest.split_last_chunk_mut()?;
            Some(Self { header, message, trailer })
        });
        parts.ok_or(EncodeError::BufferTooShort { needed, available })
    }
}
