use alloc::boxed::Box;

use super::endpoint::Endpoint;
use super::probe::{Found, Probe};
use crate::Weight;

/// A server is fit that accepts a connection.
#[derive(Clone, Debug)]
pub struct Tcp(Endpoint);

impl Tcp {
    /// Connects to this one.
    pub const fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }
}

impl Probe for Tcp {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(async {
            self.0.connect().await?;
            Ok(Weight::Configured)
        })
    }
}
