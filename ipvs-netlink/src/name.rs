use std::fmt;
use std::str::FromStr;

/// The name of a scheduler or an engine: 1 to 15 octets (`IP_VS_SCHEDNAME_MAXLEN`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// Octets with the zero at the end.
const ROOM: usize = 16;

impl Name {
    /// Checks the length.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn new(name: &str) -> Result<Self, NameError> {
        let fits = (1..ROOM).contains(&name.len()) && !name.contains('\0');
        fits.then(|| Self(name.into())).ok_or_else(|| NameError(name.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the kernel wants it: with a zero at the end.
    pub(crate) fn octets(&self) -> ([u8; ROOM], usize) {
        let mut octets = [0; ROOM];
        octets[..self.0.len()].copy_from_slice(self.0.as_bytes());
        (octets, self.0.len() + 1)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Not a name that the kernel has room for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("name is {0:?}, allowed are 1 to 15 octets without zero")]
#[expect(clippy::exhaustive_structs, reason = "says all there is")]
pub struct NameError(pub String);
