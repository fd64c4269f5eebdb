//! How sensitive a value is.

use std::fmt;

/// The class of an attribute, declared per tenant, type and attribute. The
/// order is from the freest to the most guarded; undeclared is `restricted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Class {
    /// Anybody may read it.
    Open,
    /// Everybody who works for the tenant.
    Internal,
    /// Only who was granted it. What nobody declared is restricted.
    #[default]
    Restricted,
    /// Only under a contract.
    Paid,
    /// Business secrets of others (Regulation (EU) 2022/868).
    ConfidentialBusiness,
    /// Concerns a person (Regulation (EU) 2016/679, article 4).
    Personal,
    /// Special category (Regulation (EU) 2016/679, article 9).
    Special,
}

impl Class {
    /// All classes, freest first.
    pub const ALL: [Self; 7] =
        [Self::Open, Self::Internal, Self::Restricted, Self::Paid, Self::ConfidentialBusiness, Self::Personal, Self::Special];

    /// The word used in definitions, the log and files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Internal => "internal",
            Self::Restricted => "restricted",
            Self::Paid => "paid",
            Self::ConfidentialBusiness => "confidential-business",
            Self::Personal => "personal",
            Self::Special => "special",
        }
    }

    /// The class of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Whether values of this class are kept as ciphertext under a key of their subject.
    #[must_use]
    pub fn is_enveloped(self) -> bool {
        matches!(self, Self::Personal | Self::Special)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
