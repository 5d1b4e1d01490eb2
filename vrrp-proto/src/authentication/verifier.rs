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
    /// [`Packet::advertisement`], an HMAC trailer among them. A packet that is refused changes nothing here.
    pub fn advertisement<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Advertisement<'a>, DecodeError> {
        packet.without_trailer()?;
        let configured = self.authentication.auth_type();
        // VRRPv3 has no authentication, so it proves nothing to whom demands a proof.
        let received = packet.auth_type().unwrap_or(0);
        if received != configured {
            return Err(DecodeError::AuthTypeMismatch { received, configured });
        }
        match &self.authentication {
            Authentication::None => packet.advertisement(),
            Authentication::Password(secret) => {
                if packet.datagram.authentication.is_some() {
                    return Err(DecodeError::Authentication(AuthFailure::NoKey));
                }
                match packet.auth_data() {
                    Some(data) if same_octets(data, secret.octets()) => packet.believed(),
                    _ => Err(DecodeError::Authentication(AuthFailure::Password)),
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
                    .map_err(DecodeError::Authentication)?;
                let advertisement = packet.believed()?;
                self.replay.accept(source, ah.sequence()).map_err(DecodeError::Authentication)?;
                Ok(advertisement)
            }
        }
    }
}
