//! What makes a router's packets believed, where that is asked for.

use vrrp_fsm::proto::{Advertisement, Authentication, DecodeError, Packet, Signer, Verifier};

/// Of one router, for one life of its machine.
#[derive(Clone, Debug)]
pub(super) struct Authenticity {
    pub(super) signer: Signer,
    verifier: Verifier,
}

impl Authenticity {
    /// `None` where everybody is believed. With each boot sequence numbers go on above the earlier ones.
    pub(super) fn new(authentication: &Authentication, boots: u32) -> Option<Box<Self>> {
        const NUMBERS_PER_BOOT: u32 = 1 << 20;
        let sequence = boots.saturating_mul(NUMBERS_PER_BOOT);
        (*authentication != Authentication::None).then(|| {
            let signer = Signer::new(authentication.clone(), sequence);
            Box::new(Self { signer, verifier: Verifier::new(authentication.clone()) })
        })
    }

    /// What a packet says.
    pub(super) fn advertisement<'a>(
        of: Option<&mut Self>,
        packet: &Packet<'a>,
    ) -> Result<Advertisement<'a>, DecodeError> {
        match of {
            Some(authenticity) => authenticity.verifier.advertisement(packet),
            None => packet.advertisement(),
        }
    }
}
