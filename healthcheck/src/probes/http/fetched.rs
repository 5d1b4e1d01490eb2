use alloc::string::String;
use alloc::vec::Vec;

use hyper::body::Incoming;
use hyper::{Response, Version};
use md5::{Digest, Md5};

use super::super::error::ProbeError;
use super::body::MOST_DIGESTED;

/// An answer as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The status.
    pub status: u16,
    /// The lines before the body, the empty one included, each with its CR LF. Names of fields are in lower case, and
    /// fields of one name together.
    pub head: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// MD5 of the body: what [`Url::digest`](super::Url::digest) wants.
    pub fn digest(&self) -> [u8; 16] {
        Md5::digest(&self.body).into()
    }

    pub(super) fn begin(&mut self, response: &Response<Incoming>) {
        self.status = response.status().as_u16();
        let version = if response.version() == Version::HTTP_10 { "1.0" } else { "1.1" };
        let reason = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let reason = match reason {
            Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
            None => response.status().canonical_reason().unwrap_or_default().into(),
        };
        self.head = alloc::format!("HTTP/{version} {} {reason}\r\n", self.status).into_bytes();
        for (name, value) in response.headers() {
            let parts = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"];
            parts.iter().for_each(|part| self.head.extend_from_slice(part));
        }
        self.head.extend_from_slice(b"\r\n");
    }

    pub(super) fn take(&mut self, octets: &[u8]) -> Result<(), ProbeError> {
        if self.body.len() + octets.len() > MOST_DIGESTED {
            return Err(ProbeError::TooLong { limit: MOST_DIGESTED });
        }
        self.body.extend_from_slice(octets);
        Ok(())
    }
}
