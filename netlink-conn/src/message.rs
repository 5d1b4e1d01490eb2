//! Received messages: `struct nlmsghdr`, `struct nlattr` (`include/uapi/linux/netlink.h`).

use crate::error::KernelError;

pub(crate) const HEADER: usize = 16;
pub(crate) const ATTRIBUTE_HEADER: usize = 4;
const ALIGNMENT: usize = 4;

pub(crate) const NLMSG_ERROR: u16 = 2;
pub(crate) const NLMSG_DONE: u16 = 3;
pub(crate) const NLMSG_OVERRUN: u16 = 4;

pub(crate) const NLM_F_REQUEST: u16 = 0x01;
pub(crate) const NLM_F_ACK: u16 = 0x04;
pub(crate) const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;

const NLMSGERR_ATTR_MSG: u16 = 1;
/// Without the "nested" and "network byte order" bits.
const NLA_TYPE_MASK: u16 = 0x3fff;

/// A message from the kernel.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Message<'a> {
    /// `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`; in events that of the request that caused them, or 0.
    pub sequence: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// The outcome that an `NLMSG_ERROR` or `NLMSG_DONE` message tells.
    pub(crate) fn outcome(&self) -> Result<(), KernelError> {
        let code = self.payload.first_chunk().map_or(0, |code| i32::from_ne_bytes(*code));
        if code == 0 {
            return Ok(());
        }
        Err(KernelError::new(code.saturating_neg(), self.extended_text()))
    }

    /// The text behind the copy of the request (`netlink_ack_tlv_fill` in the kernel).
    fn extended_text(&self) -> Option<String> {
        if self.flags & NLM_F_ACK_TLVS == 0 {
            return None;
        }
        let mut start = 4;
        if self.kind == NLMSG_ERROR {
            let echoed = u32::from_ne_bytes(*self.payload.get(4..)?.first_chunk()?);
            start += match self.flags & NLM_F_CAPPED {
                0 => align(usize::try_from(echoed).ok()?),
                _ => HEADER,
            };
        }
        let (_, text) = Attributes::new(self.payload.get(start..)?)
            .find(|(kind, _)| *kind == NLMSGERR_ATTR_MSG)?;
        Some(String::from_utf8_lossy(text).trim_end_matches('\0').to_owned())
    }
}

pub(crate) const fn align(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT)
}

/// The messages of a datagram. Stops at a length that cannot be.
pub(crate) fn messages(mut datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let header: &[u8; HEADER] = datagram.first_chunk()?;
        let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, ..] = *header;
        let length = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).ok()?;
        let payload = datagram.get(HEADER..length)?;
        datagram = datagram.get(align(length)..).unwrap_or_default();
        Some(Message {
            kind: u16::from_ne_bytes([k0, k1]),
            flags: u16::from_ne_bytes([f0, f1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            payload,
        })
    })
}

/// The attributes in a payload or in another attribute, as type and value. Stops at a length that
/// cannot be.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// Reads `octets` as a sequence of attributes.
    pub const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [l0, l1, k0, k1] = *self.0.first_chunk::<ATTRIBUTE_HEADER>()?;
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let value = self.0.get(ATTRIBUTE_HEADER..length)?;
        self.0 = self.0.get(align(length)..).unwrap_or_default();
        Some((u16::from_ne_bytes([k0, k1]) & NLA_TYPE_MASK, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_cannot_be_end_the_list() {
        assert_eq!(messages(&[0; 15]).count(), 0);
        for length in [0u32, 15, 17, u32::MAX] {
            let mut datagram = [0; 16];
            datagram[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(messages(&datagram).count(), 0, "{length}");
        }
        for length in [0u16, 3, 9, u16::MAX] {
            let mut octets = [0; 8];
            octets[..2].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(Attributes::new(&octets).count(), 0, "{length}");
        }
    }

    #[test]
    fn a_success_with_attributes_does_not_hide_the_next_message() {
        // An acknowledgement with 8 octets of attributes, then another one.
        let mut datagram = Vec::new();
        for (length, sequence) in [(44u32, 1u32), (36, 2)] {
            let start = datagram.len();
            datagram.extend(length.to_ne_bytes());
            datagram.extend(NLMSG_ERROR.to_ne_bytes());
            datagram.extend((NLM_F_CAPPED | NLM_F_ACK_TLVS).to_ne_bytes());
            datagram.extend(sequence.to_ne_bytes());
            datagram.resize(start + length as usize, 0);
        }
        let sequences: Vec<u32> = messages(&datagram).map(|message| message.sequence).collect();
        assert_eq!(sequences, [1, 2]);
    }
}
