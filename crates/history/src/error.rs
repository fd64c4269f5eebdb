//! What can go wrong with sealed history.

use std::io;

/// Why history could not be written or read. A read that fails names the
/// object; it never answers with a part of the truth.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object is not there.
    #[error("the history segment `{object}` is missing; restore it from a backup")]
    Missing {
        /// Name of the object.
        object: String,
    },
    /// The object is not what was written.
    #[error("the history segment `{object}` is damaged: {reason}; restore it from a backup")]
    Damaged {
        /// Name of the object.
        object: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name that no segment has.
    #[error("`{0}` is not the name of a history segment: expected letters, digits, `-` and `.parquet`")]
    NotASegment(String),
    /// An observation that would not come back as it is.
    #[error("the value of `{attribute}` of `{entity}` cannot be kept in history: {reason}")]
    NotKept {
        /// The entity.
        entity: String,
        /// The attribute.
        attribute: String,
        /// Why.
        reason: String,
    },
    /// The segment could not be encoded.
    #[error("the history segment `{object}` could not be made: {reason}")]
    NotMade {
        /// Name of the object.
        object: String,
        /// What the encoder said.
        reason: String,
    },
    /// The disk did not do it.
    #[error("`{path}` could not be {action}: {source}")]
    Disk {
        /// File or folder.
        path: String,
        /// What was tried, as a participle.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What is wrong inside an object, before its name is known.
pub(crate) type Reason = String;

pub(crate) fn damaged(object: &str) -> impl Fn(Reason) -> Error + '_ {
    move |reason| Error::Damaged { object: object.to_owned(), reason }
}
