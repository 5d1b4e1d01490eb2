use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

use super::error::ProbeError;
use crate::Weight;

/// What a probe finds, when it is there.
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Weight, ProbeError>> + Send + 'a>>;

/// Looks at a server.
///
/// Implement it for what this crate does not have. A probe that is dropped before its end has ended.
pub trait Probe: Send + Sync + 'static {
    /// Looks once; of a check with several steps, at this one.
    fn probe(&self, step: u16) -> Found<'_>;
}
