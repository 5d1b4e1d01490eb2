//! A number in a file.

use alloc::boxed::Box;
use std::io;
use std::path::PathBuf;

use super::error::ProbeError;
use super::probe::{Found, Probe};
use super::regular;
use crate::Weight;

/// A number is read from so many octets.
const LONGEST: u64 = 64;

/// The number in a file, times a factor, is added to the weight of a server. Without a factor any other number than 0
/// says that the server is not fit.
///
/// A file that is not there has the number 0, and so has one that begins with no number.
#[derive(Clone, Debug)]
pub struct File {
    path: PathBuf,
    factor: i32,
}

impl File {
    /// This file, and a factor; 0 for none.
    pub fn new(path: impl Into<PathBuf>, factor: i32) -> Self {
        Self { path: path.into(), factor }
    }

    fn read(&self) -> Result<Weight, ProbeError> {
        let number = match number(&self.path) {
            Ok(number) => number,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(source) => return Err(ProbeError::Ours { action: "reading the file", source }),
        };
        let product = number.saturating_mul(i64::from(self.factor));
        match self.factor {
            0 if number != 0 => Err(ProbeError::Number { number }),
            0 => Ok(Weight::Configured),
            // keepalived's number for a fault.
            _ if product <= i64::from(i32::MIN) => Err(ProbeError::Number { number }),
            _ => Ok(Weight::By(product)),
        }
    }
}

fn number(path: &std::path::Path) -> io::Result<i64> {
    let octets = regular::read(path, LONGEST)?;
    let text = octets.trim_ascii();
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let digits = text[sign..].iter().take_while(|octet| octet.is_ascii_digit()).count();
    let text = core::str::from_utf8(&text[..sign + digits]).unwrap_or_default();
    Ok(text.parse().unwrap_or(0))
}

impl Probe for File {
    fn probe(&self, _: u16) -> Found<'_> {
        Box::pin(async { self.read() })
    }
}
