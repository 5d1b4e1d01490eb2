use std::fmt;
use std::str::FromStr;

/// The name of a scheduler or an engine: 1 to 15 octets (`IP_VS_SCHEDNAME_MAXLEN`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// As the kernel has it: text, and zeros behind it.
    octets: [u8; ROOM],
    length: u8,
}

/// Octets with the zero at the end.
const ROOM: usize = 16;

impl Name {
    /// Checks the length.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn new(name: &str) -> Result<Self, NameError> {
        let mut octets = [0; ROOM];
        let wrong = || NameError(name.to_owned());
        let length = u8::try_from(name.len()).map_err(|_| wrong())?;
        if !(1..ROOM).contains(&name.len()) || name.contains('\0') {
            return Err(wrong());
        }
        octets[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self { octets, length })
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        let text = &self.octets[..usize::from(self.length)];
        std::str::from_utf8(text).expect("it is made of text")
    }

    /// As the kernel wants it: with a zero at the end.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets[..=usize::from(self.length)]
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
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Not a name that the kernel has room for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("name is {0:?}, allowed are 1 to 15 octets without zero")]
#[expect(clippy::exhaustive_structs, reason = "says all there is")]
pub struct NameError(pub String);
