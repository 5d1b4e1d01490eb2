/// What one run of a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a new kind is to be decided about")]
pub enum Outcome {
    /// The server is fit, and this is said of its weight.
    Success(Weight),
    /// It is not, or the check could not be carried out to its end.
    Failure,
    /// Nothing was found for a reason that is ours, as when no more files can be opened: the check stays as it is.
    NotRun,
}

/// What a check says of the weight of its server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a new kind is to be decided about")]
pub enum Weight {
    /// Nothing.
    #[default]
    Configured,
    /// It is this one. Of several checks that say so, the one that was added last counts.
    Is(u32),
    /// So much is added to it.
    By(i64),
}
