//! Requests to be sent.

use crate::message::{ATTRIBUTE_HEADER, HEADER, NLM_F_ACK, NLM_F_REQUEST, align};

/// Any number of requests, written one after the other into one buffer.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) octets: Vec<u8>,
    /// Where each request begins.
    pub(crate) starts: Vec<usize>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a request of the type `kind`.
    pub fn request(&mut self, kind: u16, flags: u16) -> Request<'_> {
        let start = self.octets.len();
        self.starts.push(start);
        self.octets.extend([0; HEADER]);
        let flags = flags | NLM_F_REQUEST | NLM_F_ACK;
        self.octets[start + 4..start + 6].copy_from_slice(&kind.to_ne_bytes());
        self.octets[start + 6..start + 8].copy_from_slice(&flags.to_ne_bytes());
        let mut request = Request { octets: &mut self.octets, start };
        request.write_length();
        request
    }

    /// How many requests there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// All requests one after the other, each with its header, as they are sent.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Forgets the requests and keeps the buffer.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.starts.clear();
    }

    pub(crate) fn set_sequence(&mut self, request: usize, sequence: u32) {
        let start = self.starts[request];
        self.octets[start + 8..start + 12].copy_from_slice(&sequence.to_ne_bytes());
    }

    /// Adds the requests of another batch.
    pub(crate) fn append(&mut self, other: &Self) {
        let start = self.octets.len();
        self.starts.extend(other.starts.iter().map(|place| start + place));
        self.octets.extend(&other.octets);
    }

    /// Whether the kernel answers this request in any case, or only when it fails.
    pub(crate) fn set_acknowledged(&mut self, request: usize, is_acknowledged: bool) {
        let start = self.starts[request];
        let flags = u16::from_ne_bytes([self.octets[start + 6], self.octets[start + 7]]);
        let flags = if is_acknowledged { flags | NLM_F_ACK } else { flags & !NLM_F_ACK };
        self.octets[start + 6..start + 8].copy_from_slice(&flags.to_ne_bytes());
    }

    /// The octets of `requests`.
    pub(crate) fn slice(&self, requests: std::ops::Range<usize>) -> &[u8] {
        let end = self.starts.get(requests.end).copied().unwrap_or(self.octets.len());
        &self.octets[self.starts[requests.start]..end]
    }
}

/// A request that is being written. Each call appends.
#[derive(Debug)]
pub struct Request<'a> {
    octets: &'a mut Vec<u8>,
    start: usize,
}

impl Request<'_> {
    /// Appends the fixed part of the message, padded.
    pub fn fixed(&mut self, octets: &[u8]) -> &mut Self {
        self.octets.extend(octets);
        self.pad();
        self
    }

    /// Appends an attribute.
    ///
    /// # Panics
    /// When the value is longer than an attribute can be: 65,531 octets.
    pub fn attribute(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let length = u16::try_from(ATTRIBUTE_HEADER + value.len())
            .expect("an attribute has at most 65,531 octets");
        // One step of the buffer for header, value and padding: a table has a hundred thousand of them.
        let start = self.octets.len();
        self.octets.resize(align(start + usize::from(length)), 0);
        let (header, rest) = self.octets[start..].split_at_mut(ATTRIBUTE_HEADER);
        header[..2].copy_from_slice(&length.to_ne_bytes());
        header[2..].copy_from_slice(&kind.to_ne_bytes());
        rest[..value.len()].copy_from_slice(value);
        self.write_length();
        self
    }

    /// Appends an attribute that holds the attributes which `write` appends.
    ///
    /// # Panics
    /// As [`attribute`](Self::attribute).
    pub fn nested(&mut self, kind: u16, write: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.octets.len();
        self.octets.extend([0; ATTRIBUTE_HEADER]);
        write(self);
        let length = u16::try_from(self.octets.len() - start)
            .expect("an attribute has at most 65,531 octets");
        self.octets[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.octets[start + 2..start + 4].copy_from_slice(&kind.to_ne_bytes());
        self.write_length();
        self
    }

    fn pad(&mut self) {
        self.octets.resize(align(self.octets.len()), 0);
        self.write_length();
    }

    fn write_length(&mut self) {
        let length = u32::try_from(self.octets.len() - self.start).unwrap_or(u32::MAX);
        self.octets[self.start..self.start + 4].copy_from_slice(&length.to_ne_bytes());
    }
}
