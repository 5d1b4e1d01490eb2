/// A packet that is not one of BFD, or not one for a session without authentication
/// (the checks of RFC 5880 section 6.8.6 that need no session).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Cut off.
    #[error("packet has {octets} octets, allowed are 24 and more")]
    Truncated {
        /// Octets that there are.
        octets: usize,
    },
    /// Another version of the protocol.
    #[error("version is {0}, allowed is 1")]
    Version(u8),
    /// The field Length.
    #[error("length is {length} in a packet of {octets} octets, allowed are 24 to {octets}")]
    Length {
        /// The field.
        length: u8,
        /// Octets that there are.
        octets: usize,
    },
    /// The peer would count as gone at once.
    #[error("Detect Mult is 0, allowed are 1 to 255")]
    DetectMult,
    /// Reserved for point to multipoint.
    #[error("the Multipoint bit is set, allowed is clear")]
    Multipoint,
    /// A packet cannot ask and answer.
    #[error("the bits Poll and Final are both set, allowed is one of them")]
    PollAndFinal,
    /// There is none in this release.
    #[error("the Authentication Present bit is set, allowed is clear")]
    Authentication,
    /// Nobody.
    #[error("My Discriminator is 0, allowed are 1 to 4294967295")]
    MyDiscriminator,
    /// Only who is Down may not know whom it speaks to.
    #[error("Your Discriminator is 0 in a packet of state {0:?}, allowed in Down and AdminDown")]
    YourDiscriminator(crate::State),
}
