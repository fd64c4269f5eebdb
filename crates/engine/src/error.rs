//! What can go wrong at the door.

use std::fmt;

use store::Sentence;

/// What a caller does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It is not there, or not for this principal.
    NotFound,
    /// It is there already.
    Exists,
    /// The request cannot be right.
    Invalid,
    /// The credentials are missing or wrong.
    Unauthorized,
    /// The principal may not do this.
    Forbidden,
    /// Somebody else is at it.
    Conflict,
    /// It is more than is allowed.
    TooLarge,
    /// The disk is full.
    NoSpace,
    /// Try again later.
    Unavailable,
    /// Our fault.
    Internal,
}

/// An error of the engine: a kind for programs, a message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: Sentence,
    may_have_happened: bool,
}

impl Error {
    /// An error of a kind.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<Sentence>) -> Self {
        Self { kind, message: message.into(), may_have_happened: false }
    }

    pub(crate) fn not_found(what: &str, name: &dyn fmt::Display) -> Self {
        let noun = Sentence::new(format!("noun.{what}"), what.to_owned());
        Self::new(Kind::NotFound, Sentence::new("nothing", "there is no {what} `{name}`").with("what", noun).with("name", name))
    }

    pub(crate) fn exists(what: &str, name: &dyn fmt::Display) -> Self {
        let noun = Sentence::new(format!("noun.{what}"), what.to_owned());
        Self::new(Kind::Exists, Sentence::new("there-already", "the {what} `{name}` exists already").with("what", noun).with("name", name))
    }

    pub(crate) fn invalid(message: impl Into<Sentence>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    pub(crate) fn internal(message: impl Into<Sentence>) -> Self {
        Self::new(Kind::Internal, message)
    }

    pub(crate) fn stopped() -> Self {
        Self::new(Kind::Unavailable, Sentence::new("stopping", "the platform is stopping; try again in a moment"))
    }

    /// Why it is closed is for the operator alone.
    pub(crate) fn closed(tenant: &dyn fmt::Display) -> Self {
        let message =
            Sentence::new("closed", "the tenant `{tenant}` is not available at the moment; its operator can see why, try again later");
        Self::new(Kind::Unavailable, message.with("tenant", tenant))
    }

    pub(crate) fn maybe(mut self) -> Self {
        self.may_have_happened = true;
        self
    }

    /// What a caller does about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What went wrong, as a sentence that can be worded in other languages.
    #[must_use]
    pub fn sentence(&self) -> Sentence {
        if !self.may_have_happened {
            return self.message.clone();
        }
        Sentence::new("maybe", "{error}; whether it was written is not known: read it back before you repeat it")
            .with("error", self.message.clone())
    }

    /// What went wrong, for whoever asks from outside: without the places of
    /// files on the machine, which are for the log.
    #[must_use]
    pub fn for_anybody(&self) -> String {
        self.sentence().for_anybody().to_string()
    }

    /// Whether a failed write may nevertheless have happened.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.may_have_happened
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for Error {}

impl From<policy::Denied> for Error {
    fn from(denied: policy::Denied) -> Self {
        Self::new(Kind::Forbidden, denied.to_string())
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let kind = match error.kind() {
            store::Kind::NotFound => Kind::NotFound,
            store::Kind::Exists => Kind::Exists,
            store::Kind::Invalid => Kind::Invalid,
            store::Kind::NoSpace => Kind::NoSpace,
            store::Kind::Locked => Kind::Conflict,
            store::Kind::Unavailable => Kind::Unavailable,
            store::Kind::Corrupt | store::Kind::Internal => Kind::Internal,
        };
        Self::new(kind, error.sentence())
    }
}

impl From<history::Error> for Error {
    fn from(error: history::Error) -> Self {
        Self::internal(Sentence::new("history", "the history failed: {detail}").with("detail", chain(&error)))
    }
}

/// The message of an error and of what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        text.push_str(": ");
        text.push_str(&one.to_string());
        cause = one.source();
    }
    text
}
