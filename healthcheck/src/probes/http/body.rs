//! What a body has to be.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use md5::{Digest, Md5};

use super::super::error::ProbeError;
use super::url::Url;

/// A body of which nothing is wanted is read so far, so that servers do not see each probe break off.
const POLITE: usize = 64 * 1024;
/// Of one that is digested.
pub(super) const MOST_DIGESTED: usize = 64 * 1024 * 1024;
/// Of one that is kept, to be looked through.
const MOST_KEPT: usize = 4 * 1024 * 1024;

/// Looks at a body as it comes.
pub(super) struct Judge<'a> {
    url: &'a Url,
    length: usize,
    digest: Option<Md5>,
    kept: Vec<u8>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(url: &'a Url) -> Self {
        let digest = url.digest.is_some().then(Md5::new);
        Self { url, length: 0, digest, kept: Vec::new() }
    }

    pub(super) fn wants_more(&self) -> bool {
        self.digest.is_some() || self.url.pattern.is_some() || self.length < POLITE
    }

    pub(super) fn take(&mut self, octets: &[u8]) -> Result<(), ProbeError> {
        self.length += octets.len();
        if let Some(digest) = &mut self.digest {
            digest.update(octets);
        }
        let limit = match self.url.pattern {
            Some(_) => MOST_KEPT,
            None => MOST_DIGESTED,
        };
        if self.length > limit {
            return Err(ProbeError::TooLong { limit });
        }
        if self.url.pattern.is_some() {
            self.kept.extend_from_slice(octets);
        }
        Ok(())
    }

    pub(super) fn verdict(self) -> Result<(), ProbeError> {
        if let (Some(digest), Some(wanted)) = (self.digest, self.url.digest) {
            let found: [u8; 16] = digest.finalize().into();
            if found != wanted {
                let (found, wanted) = (hexadecimal(&found), hexadecimal(&wanted));
                return Err(ProbeError::Digest { found, wanted });
            }
        }
        if let Some(pattern) = &self.url.pattern {
            let verdict = pattern.verdict(&self.kept);
            verdict.map_err(|matches| ProbeError::Pattern { matches })?;
        }
        Ok(())
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
