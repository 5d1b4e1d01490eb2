/// How far a network has come in learning to sign. A trailer that is there is verified in every mode.
///
/// A router that does not know the extension drops packets with a trailer. So a network goes from
/// receiving only on every router to permissive on every router, and then enforces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "keepalived's steps of a migration")]
pub enum HmacMode {
    /// Sign, and refuse packets without a trailer.
    #[default]
    Enforce,
    /// Sign, and accept packets without a trailer.
    Permissive,
    /// Do not sign, and accept packets without a trailer.
    ReceiveOnly,
}

impl HmacMode {
    /// Whether packets are sent with a trailer.
    pub const fn signs(self) -> bool {
        match self {
            Self::Enforce | Self::Permissive => true,
            Self::ReceiveOnly => false,
        }
    }

    /// Whether packets without a trailer are refused.
    pub const fn demands_trailer(self) -> bool {
        match self {
            Self::Enforce => true,
            Self::Permissive | Self::ReceiveOnly => false,
        }
    }
}
