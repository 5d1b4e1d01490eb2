use super::Authentication;
use crate::advertisement::Advertisement;
use crate::checksum::{ChecksumForm, Endpoints};
use crate::envelope::{IPV4_HEADER_LENGTH, Ipv4Envelope};
use crate::error::EncodeError;
use crate::layout::Version;
use crate::{AH_IP_PROTOCOL, IP_PROTOCOL, ah};

/// The sending side of [`Authentication`], with its sequence number.
#[derive(Clone, Debug)]
pub struct Signer {
    authentication: Authentication,
    sequence: u32,
}

impl Signer {
    /// A signer whose first AH sequence number comes after `sequence`.
    ///
    /// A receiver that remembers us drops numbers that it has seen, so a restarted process has to go
    /// on above its earlier self: pass a number that grows with time.
    pub const fn new(authentication: Authentication, sequence: u32) -> Self {
        Self { authentication, sequence }
    }

    /// Makes the next AH sequence number come after `sequence`, if it does not yet.
    ///
    /// keepalived has one counter for what it sends and for what it hears from anyone: while another
    /// router is Active it counts on from our numbers, and takes ours for replays when we go on where
    /// we stopped.
    pub fn advance_to(&mut self, sequence: u32) {
        self.sequence = self.sequence.max(sequence);
    }

    /// Writes a whole IPv4 packet into the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// Those of [`Advertisement::encode`], [`EncodeError::AuthenticationInV3`] and
    /// [`EncodeError::SequenceExhausted`].
    pub fn encode_ipv4(
        &mut self,
        advertisement: &Advertisement<'_>,
        envelope: &Ipv4Envelope,
        form: ChecksumForm,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        self.encode(advertisement, envelope, form, false, buffer)
    }

    /// As [`encode_ipv4`](Self::encode_ipv4), with the AH sequence number of the packet before: the same
    /// advertisement for another unicast peer.
    ///
    /// # Errors
    /// As [`encode_ipv4`](Self::encode_ipv4).
    pub fn encode_ipv4_again(
        &mut self,
        advertisement: &Advertisement<'_>,
        envelope: &Ipv4Envelope,
        form: ChecksumForm,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        self.encode(advertisement, envelope, form, true, buffer)
    }

    fn encode(
        &mut self,
        advertisement: &Advertisement<'_>,
        envelope: &Ipv4Envelope,
        form: ChecksumForm,
        is_repeat: bool,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let no_data = [0; 8];
        let (ah_length, auth_data) = match &self.authentication {
            Authentication::None => (0, &no_data),
            Authentication::Password(secret) => (0, secret.octets()),
            Authentication::AuthenticationHeader(_) => (ah::LENGTH, &no_data),
        };
        if advertisement.version() == Version::V3 && self.authentication != Authentication::None {
            return Err(EncodeError::AuthenticationInV3);
        }
        let front = IPV4_HEADER_LENGTH + ah_length;
        let needed = front + advertisement.encoded_length();
        let available = buffer.len();
        let Some(packet) = buffer.get_mut(..needed) else {
            return Err(EncodeError::BufferTooShort { needed, available });
        };
        let (ip_header, rest) = packet.split_at_mut(IPV4_HEADER_LENGTH);
        let (ah_header, message) = rest.split_at_mut(ah_length);
        let endpoints =
            Endpoints::V4 { source: envelope.source, destination: envelope.destination };
        let auth_type = self.authentication.auth_type();
        advertisement.encode_with_auth(endpoints, form, auth_type, auth_data, message)?;
        let protocol = if ah_length == 0 { IP_PROTOCOL } else { AH_IP_PROTOCOL };
        envelope.write(ip_header, protocol, needed);
        if let Authentication::AuthenticationHeader(secret) = &self.authentication {
            if !is_repeat {
                self.sequence =
                    self.sequence.checked_add(1).ok_or(EncodeError::SequenceExhausted)?;
            }
            let sequence = self.sequence;
            let built = ah::build(secret, ip_header, envelope.source, sequence, message);
            ah_header.copy_from_slice(&built);
        }
        Ok(needed)
    }
}
