//! What is wrong with a line.

/// A line that is not one of `ipvsadm-save`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
#[non_exhaustive]
pub struct ParseError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It adds nothing.
    #[error("{0:?} is there, allowed are -A and -a")]
    Command(String),
    /// A word that means nothing here.
    #[error("{0:?} is no option of ipvsadm-save")]
    Option(String),
    /// Nothing follows an option.
    #[error("nothing follows {0}")]
    Missing(&'static str),
    /// What follows an option is not what it takes.
    #[error("{option} is {value:?}, allowed is {allowed}")]
    Value {
        /// The option.
        option: &'static str,
        /// What follows it.
        value: String,
        /// What it takes.
        allowed: &'static str,
    },
    /// An option is there a second time, or another that says the same in other words.
    #[error("{option} comes after {before}, allowed is one of them")]
    Again {
        /// The option.
        option: &'static str,
        /// What came before.
        before: &'static str,
    },
    /// An option that belongs elsewhere.
    #[error("{option} goes with {with} only")]
    Misplaced {
        /// The option.
        option: &'static str,
        /// What it belongs to.
        with: &'static str,
    },
    /// With `-g` and `-i` packets keep their port.
    #[error(
        "port of the server is {server}, allowed with -g and -i is that of the service, {service}"
    )]
    Port {
        /// What is written.
        server: u16,
        /// That of its service.
        service: u16,
    },
    /// Neither an address nor a mark.
    #[error("no service is named, allowed are -t, -u, --sctp-service and -f")]
    NoService,
    /// A server without address.
    #[error("no server is named; write -r ADDRESS:PORT")]
    NoServer,
    /// A server of a service that no line before adds.
    #[error("its service is not added before")]
    UnknownService,
    /// The same again.
    #[error("it is there already")]
    Twice,
}
