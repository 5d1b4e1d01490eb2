use core::net::IpAddr;

use super::senders::Senders;
use super::sequence::Sequence;
use super::trailer::Trailer;
use super::{HmacKeys, HmacMode, HmacReplay, TimeOfDay};
use crate::advertisement::Advertisement;
use crate::error::{DecodeError, HmacFailure};
use crate::packet::Packet;

/// The receiving side of the HMAC extension, with the highest number of every sender.
///
/// It remembers `SENDERS` of them: four as keepalived does, enough for a group where one router is
/// Active and others may contend for it. Who is forgotten can be replayed, with
/// [`HmacReplay::Monotonic`] for ever; for many unicast peers make more room.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vrrp_proto::*;
///
/// let keys = HmacKeys::new(&[HmacKey::new(1, &[7; 32])?])?;
/// let replay = HmacReplay::Time(TimeWindow::new(5)?);
/// let mut signer = HmacSigner::new(&keys, 1, replay)?;
/// let mut verifier = HmacVerifier::new(keys, HmacMode::Enforce, replay);
///
/// let addresses = [Ipv4Addr::new(192, 0, 2, 10)];
/// let advertisement = Advertisement::v3_ipv4(
///     Vrid::new(51)?,
///     Priority::DEFAULT,
///     Centiseconds::DEFAULT,
///     AddressList::new(&addresses)?,
/// );
/// let envelope = Ipv4Envelope {
///     source: Ipv4Addr::new(192, 0, 2, 1),
///     destination: MULTICAST_IPV4,
///     ttl: HOP_LIMIT,
///     identification: 1,
/// };
/// let now = TimeOfDay::new(1_750_000_000, 0);
/// let form = ChecksumForm::default();
/// let mut buffer = [0; 64];
/// let length = signer.encode_ipv4(&advertisement, &envelope, form, now, &mut buffer)?;
///
/// let datagram = Datagram::from_ipv4(&buffer[..length])?;
/// let packet = Packet::decode(&datagram, &Demands::new().hmac_trailer(true))?;
/// assert_eq!(verifier.advertisement(now, &packet)?, advertisement);
/// let replayed = verifier.advertisement(now, &packet).unwrap_err();
/// assert_eq!(replayed.kind(), ErrorKind::ExtensionReplay);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HmacVerifier<const SENDERS: usize = 4> {
    keys: HmacKeys,
    mode: HmacMode,
    replay: HmacReplay,
    senders: Senders<SENDERS>,
}

impl HmacVerifier {
    /// A verifier that has heard nobody yet and remembers four senders.
    pub const fn new(keys: HmacKeys, mode: HmacMode, replay: HmacReplay) -> Self {
        Self::with_room(keys, mode, replay)
    }
}

impl<const SENDERS: usize> HmacVerifier<SENDERS> {
    /// A verifier that has heard nobody yet and remembers `SENDERS` senders, of which there is at
    /// least one.
    pub const fn with_room(keys: HmacKeys, mode: HmacMode, replay: HmacReplay) -> Self {
        Self { keys, mode, replay, senders: Senders::new() }
    }

    /// Takes other keys or rules; what senders have used stays known.
    pub fn reconfigure(&mut self, keys: HmacKeys, mode: HmacMode, replay: HmacReplay) {
        self.keys = keys;
        self.mode = mode;
        self.replay = replay;
    }

    /// What `packet` says, once its sender is believed.
    ///
    /// # Errors
    /// [`DecodeError::Extension`], and those of [`Packet::advertisement`]: the extension excludes other
    /// authentication. A packet that is refused changes nothing here.
    pub fn advertisement<'a>(
        &mut self,
        now: TimeOfDay,
        packet: &Packet<'a>,
    ) -> Result<Advertisement<'a>, DecodeError> {
        let source = packet.endpoints().source();
        let trailer = packet.trailer().map(|trailer| &trailer[..]);
        let proved =
            self.check(now, source, packet.message(), trailer).map_err(DecodeError::Extension)?;
        let advertisement = packet.without_authentication()?;
        if let Some(sequence) = proved {
            self.senders.remember(source, sequence);
        }
        Ok(advertisement)
    }

    /// Whether the trailer proves a whole VRRP message from `source`.
    ///
    /// # Errors
    /// The first [`HmacFailure`] that applies, in the order of its variants. A trailer that is refused
    /// changes nothing here.
    pub fn verify(
        &mut self,
        now: TimeOfDay,
        source: IpAddr,
        message: &[u8],
        trailer: Option<&[u8]>,
    ) -> Result<(), HmacFailure> {
        if let Some(sequence) = self.check(now, source, message, trailer)? {
            self.senders.remember(source, sequence);
        }
        Ok(())
    }

    /// The number that was proved to be new; `None` for a packet that may come without proof.
    fn check(
        &self,
        now: TimeOfDay,
        source: IpAddr,
        message: &[u8],
        trailer: Option<&[u8]>,
    ) -> Result<Option<Sequence>, HmacFailure> {
        let Some(trailer) = trailer else {
            return match self.mode.demands_trailer() {
                true => Err(HmacFailure::Missing),
                false => Ok(None),
            };
        };
        let trailer = Trailer::parse(trailer)?;
        let Some(key) = self.keys.get(trailer.key_id) else {
            return Err(HmacFailure::UnknownKey(trailer.key_id));
        };
        let sequence = trailer.sequence;
        // Before the MAC: what is too old costs no hashing.
        if let Some(window) = self.replay.missed_window(sequence, now) {
            return Err(HmacFailure::Stale {
                sent: sequence.seconds(),
                now: now.seconds(),
                window: window.get(),
            });
        }
        trailer.verify(key, source, message)?;
        match self.senders.highest(source) {
            Some(highest) if sequence <= highest && !self.replay.is_stranded(highest, now) => {
                Err(HmacFailure::Replay { received: sequence.get(), highest: highest.get() })
            }
            _ => Ok(Some(sequence)),
        }
    }
}
