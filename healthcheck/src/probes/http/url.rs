use alloc::string::String;

use super::pattern::Pattern;
use super::status::StatusSet;

/// What is asked for, and which answer is good.
#[derive(Clone, Debug)]
pub struct Url {
    pub(super) path: String,
    pub(super) host: Option<String>,
    pub(super) status: StatusSet,
    pub(super) digest: Option<[u8; 16]>,
    pub(super) pattern: Option<Pattern>,
    pub(super) ends_tls: bool,
}

impl Url {
    /// This path; an answer is good with a status from 200 to 299.
    pub fn new(path: impl Into<String>) -> Self {
        let status = StatusSet::default();
        Self { path: path.into(), host: None, status, digest: None, pattern: None, ends_tls: false }
    }

    /// Of this host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Good with another status.
    #[must_use]
    pub fn status(mut self, status: StatusSet) -> Self {
        self.status = status;
        self
    }

    /// Good only with a body of this MD5.
    #[must_use]
    pub fn digest(mut self, digest: [u8; 16]) -> Self {
        self.digest = Some(digest);
        self
    }

    /// Good only with a body that this pattern says yes to.
    #[must_use]
    pub fn pattern(mut self, pattern: Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// TLS is ended on both sides (`close_notify`, RFC 8446 section 6.1), for servers that log whoever just goes. It
    /// does not matter whether the server does its part.
    #[must_use]
    pub fn ends_tls(mut self, ends_tls: bool) -> Self {
        self.ends_tls = ends_tls;
        self
    }
}
