//! How routers prove themselves to each other.

use std::net::Ipv6Addr;
use std::time::SystemTime;

use vrrp_fsm::proto::{
    Advertisement, Authentication, ChecksumForm, DecodeError, Demands, EncodeError, HmacSigner,
    HmacVerifier, Ipv4Envelope, Packet, Signer, TimeOfDay, Verifier,
};

use super::instance::initial_sequence;
use crate::config::{Hmac, RouterConfig};

/// More peers than anybody has; their numbers are remembered.
const SENDERS: usize = 16;

/// The proofs of one router: what it sends and what it believes. Most routers have none.
pub(super) struct Proof {
    header: Option<Box<(Signer, Verifier)>>,
    hmac: Option<Box<Signed>>,
}

struct Signed {
    config: Hmac,
    signer: HmacSigner,
    verifier: HmacVerifier<SENDERS>,
}

impl Proof {
    pub(super) fn new(config: &RouterConfig) -> Self {
        let authentication = &config.authentication;
        let header = (*authentication != Authentication::None).then(|| {
            let signer = Signer::new(authentication.clone(), initial_sequence());
            Box::new((signer, Verifier::new(authentication.clone())))
        });
        Self { header, hmac: config.hmac.as_deref().and_then(Signed::new).map(Box::new) }
    }

    /// Takes another configuration; what was heard stays known where the secrets are the same.
    pub(super) fn change(&mut self, before: &RouterConfig, now: &RouterConfig) {
        if before.authentication != now.authentication {
            self.header = Self::new(now).header;
        }
        let is_changed = match (&mut self.hmac, now.hmac.as_deref()) {
            (Some(signed), Some(hmac)) => signed.change(hmac),
            _ => false,
        };
        if !is_changed {
            self.hmac = now.hmac.as_deref().and_then(Signed::new).map(Box::new);
        }
    }

    /// A takeover: others may have counted on from our numbers meanwhile.
    pub(super) fn take_over(&mut self) {
        if let Some(header) = &mut self.header {
            header.0.advance_to(initial_sequence());
        }
    }

    /// Writes a packet; `is_again` for the same advertisement to another peer.
    pub(super) fn encode_ipv4(
        &mut self,
        advertisement: &Advertisement<'_>,
        envelope: &Ipv4Envelope,
        form: ChecksumForm,
        is_again: bool,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        if let Some(signer) = self.hmac_signer() {
            return signer.encode_ipv4(advertisement, envelope, form, time_of_day(), buffer);
        }
        let mut plain = Signer::new(Authentication::None, 0);
        let signer = self.header.as_mut().map_or(&mut plain, |header| &mut header.0);
        match is_again {
            false => signer.encode_ipv4(advertisement, envelope, form, buffer),
            true => signer.encode_ipv4_again(advertisement, envelope, form, buffer),
        }
    }

    pub(super) fn encode_ipv6(
        &mut self,
        advertisement: &Advertisement<'_>,
        source: Ipv6Addr,
        destination: Ipv6Addr,
        buffer: &mut [u8],
    ) -> Result<usize, EncodeError> {
        match self.hmac_signer() {
            Some(signer) => {
                signer.encode_ipv6(advertisement, source, destination, time_of_day(), buffer)
            }
            None => advertisement.encode_ipv6(source, destination, buffer),
        }
    }

    fn hmac_signer(&mut self) -> Option<&mut HmacSigner> {
        let signed = self.hmac.as_mut()?;
        signed.config.mode.signs().then_some(&mut signed.signer)
    }

    /// What is demanded of packets.
    pub(super) fn demands(&self, demands: Demands) -> Demands {
        demands.hmac_trailer(self.hmac.is_some())
    }

    /// What a packet says, once its sender is believed.
    pub(super) fn advertisement<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Advertisement<'a>, DecodeError> {
        match (&mut self.hmac, &mut self.header) {
            (Some(signed), _) => signed.verifier.advertisement(time_of_day(), packet),
            (None, Some(header)) => header.1.advertisement(packet),
            (None, None) => Verifier::new(Authentication::None).advertisement(packet),
        }
    }
}

impl Signed {
    /// The configuration has the key that signs: that was checked when it was made.
    fn new(hmac: &Hmac) -> Option<Self> {
        let signer = HmacSigner::new(&hmac.keys, hmac.active, hmac.replay).ok()?;
        let verifier = HmacVerifier::with_room(hmac.keys.clone(), hmac.mode, hmac.replay);
        Some(Self { config: hmac.clone(), signer, verifier })
    }

    fn change(&mut self, hmac: &Hmac) -> bool {
        if self.config == *hmac {
            return true;
        }
        self.verifier.reconfigure(hmac.keys.clone(), hmac.mode, hmac.replay);
        self.config = hmac.clone();
        self.signer.reconfigure(&hmac.keys, hmac.active, hmac.replay).is_ok()
    }
}

fn time_of_day() -> TimeOfDay {
    // Before 1970 no other clock agrees either.
    TimeOfDay::since_epoch(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
}
