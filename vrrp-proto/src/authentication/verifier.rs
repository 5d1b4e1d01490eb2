use super::{Authentication, ReplayGuard};
use crate::advertisement::Advertisement;
use crate::checksum::Endpoints;
use crate::error::{AuthFailure, DecodeError};
use crate::packet::Packet;
use crate::secret::same_octets;

/// The receiving side of [`Authentication`], with its memory of what every sender has sent.
#[derive(Clone, Debug)]
pub struct Verifier {
    authentication: Authentication,
    replay: ReplayGuard,
}

impl Verifier {
    /// A verifier that has heard nobody yet.
    pub fn new(authentication: Authentication) -> Self {
        Self { authentication, replay: ReplayGuard::default() }
    }

    /// What `packet` says, once its sender is believed.
    ///
    /// # Errors
    /// [`DecodeError::AuthTypeMismatch`] and [`DecodeError::Authentication`], and those of
    /// [`Packet::advertisement`]. A packet that is refused changes nothing here.
    pub fn advertisement<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Advertisement<'a>, DecodeError> {
        let Some(received) = packet.auth_type() else {
            // VRRPv3 has no authentication; a router of version 2 refuses the version elsewhere.
            return packet.advertisement();
        };
        let configured = self.authentication.auth_type();
        if received != configured {
            return Err(DecodeError::AuthTypeMismatch { received, configured });
        }
        match &self.authentication {
            Authentication::None => return packet.advertisement(),
            Authentication::Password(secret) => {
                let matches =
                    packet.auth_data().is_some_and(|data| same_octets(data, secret.octets()));
                if !matches || packet.datagram.authentication.is_some() {
                    return Err(DecodeError::Authentication(AuthFailure::Password));
                }
            }
            Authentication::AuthenticationHeader(secret) => {
                let datagram = packet.datagram;
                let (Some((ip_header, ah)), Endpoints::V4 { source, .. }) =
                    (datagram.authentication, datagram.endpoints)
                else {
                    return Err(DecodeError::Authentication(AuthFailure::NoHeader));
                };
                ah.verify(secret, ip_header, datagram.message, source)
                    .and_then(|()| self.replay.accept(source, ah.sequence()))
                    .map_err(DecodeError::Authentication)?;
            }
        }
        packet.believed()
    }
}
