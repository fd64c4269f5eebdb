//! What can go wrong: a message for people, a [`Kind`] for callers.

use std::io;
use std::path::{Path, PathBuf};

use crate::sentence::{self, Sentence};

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for is not there.
    NotFound,
    /// What should be made is there already.
    Exists,
    /// The request makes no sense as it stands.
    Invalid,
    /// The disk is full; the same works again once there is space.
    NoSpace,
    /// Another process has the data directory.
    Locked,
    /// Kept data is damaged.
    Corrupt,
    /// Not now: permissions, a busy database, a missing key store.
    Unavailable,
    /// A fault of ours or of the machine.
    Internal,
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for is not there.
    #[error("{what} does not exist")]
    NotFound {
        /// The thing, with its name.
        what: Sentence,
    },
    /// What should be made is there already.
    #[error("{what} exists already")]
    Exists {
        /// The thing, with its name.
        what: Sentence,
    },
    /// The request makes no sense as it stands.
    #[error("{0}")]
    Invalid(Sentence),
    /// The disk is full.
    #[error("no space left on the disk of `{}`; free some, then the same works again", place.display())]
    NoSpace {
        /// The file or folder that could not grow.
        place: PathBuf,
    },
    /// Another process has the data directory.
    #[error("the data directory `{}` is in use by process {pid}; stop it, or let the command go through it", root.display())]
    Locked {
        /// The data directory.
        root: PathBuf,
        /// The other process.
        pid: u32,
    },
    /// Kept data is damaged.
    #[error("{what} is damaged: {detail}")]
    Corrupt {
        /// The thing, with its name.
        what: Sentence,
        /// What was found, and the way out.
        detail: Sentence,
    },
    /// Something needed is missing or busy.
    #[error("{what} is not available: {remedy}")]
    Unavailable {
        /// The thing, with its name.
        what: Sentence,
        /// What to do.
        remedy: Sentence,
    },
    /// The operating system refused.
    #[error("cannot {verb} `{}`", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database failed in a way that has no other name here.
    #[error("the database `{}` failed", path.display())]
    Database {
        /// Which database.
        path: PathBuf,
        /// How.
        source: rusqlite::Error,
    },
}

/// Why an append failed, and whether it may have happened all the same.
#[derive(Debug, thiserror::Error)]
#[error("the commits were not confirmed{}", if *certain { ": they did not happen" } else { ": whether they happened is not known until the log is read again" })]
pub struct AppendError {
    /// `true`: the commits certainly did not happen, a retry is safe.
    /// `false`: they may have, and the disk may yet lose what the log shows of
    /// them; read the log before trying again.
    pub certain: bool,
    /// Why.
    pub source: Error,
}

impl Error {
    /// What a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } => Kind::NotFound,
            Self::Exists { .. } => Kind::Exists,
            Self::Invalid(_) => Kind::Invalid,
            Self::NoSpace { .. } => Kind::NoSpace,
            Self::Locked { .. } => Kind::Locked,
            Self::Corrupt { .. } => Kind::Corrupt,
            Self::Unavailable { .. } => Kind::Unavailable,
            Self::Io { source, .. } => io_kind(source),
            Self::Database { .. } => Kind::Internal,
        }
    }

    /// It and its cause as a sentence that can be worded in other languages.
    #[must_use]
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::NotFound { what } => Sentence::new("missing", "{what} does not exist").with("what", what.clone()),
            Self::Exists { what } => Sentence::new("exists", "{what} exists already").with("what", what.clone()),
            Self::Invalid(message) => message.clone(),
            Self::NoSpace { place } => {
                Sentence::new("no-space", "no space left on the disk of `{path}`; free some, then the same works again")
                    .with("path", &place.display())
            }
            Self::Locked { root, pid } => {
                Sentence::new("locked", "the data directory `{path}` is in use by process {pid}; stop it, or let the command go through it")
                    .with("path", &root.display())
                    .with("pid", u64::from(*pid))
            }
            Self::Corrupt { what, detail } => {
                Sentence::new("damaged", "{what} is damaged: {detail}").with("what", what.clone()).with("detail", detail.clone())
            }
            Self::Unavailable { what, remedy } => {
                Sentence::new("unavailable", "{what} is not available: {remedy}").with("what", what.clone()).with("remedy", remedy.clone())
            }
            Self::Io { verb, path, source } => Sentence::new("cannot", "cannot {verb} `{path}`: {detail}")
                .with("verb", Sentence::new(format!("verb.{verb}"), *verb))
                .with("path", &path.display())
                .with("detail", of_system(source)),
            Self::Database { path, source } => Sentence::new("database-failed", "the database `{path}` failed: {detail}")
                .with("path", &path.display())
                .with("detail", source),
        }
    }

    pub(crate) fn not_found(what: impl Into<Sentence>) -> Self {
        Self::NotFound { what: what.into() }
    }

    pub(crate) fn exists(what: impl Into<Sentence>) -> Self {
        Self::Exists { what: what.into() }
    }

    pub(crate) fn invalid(message: impl Into<Sentence>) -> Self {
        Self::Invalid(message.into())
    }

    pub(crate) fn corrupt(what: impl Into<Sentence>, detail: impl Into<Sentence>) -> Self {
        Self::Corrupt { what: what.into(), detail: detail.into() }
    }

    pub(crate) fn unavailable(what: impl Into<Sentence>, remedy: impl Into<Sentence>) -> Self {
        Self::Unavailable { what: what.into(), remedy: remedy.into() }
    }

    pub(crate) fn io(verb: &'static str, path: &Path, source: io::Error) -> Self {
        if is_full(&source) {
            return Self::NoSpace { place: path.to_owned() };
        }
        Self::Io { verb, path: path.to_owned(), source }
    }

    pub(crate) fn database(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let Some(code) = source.sqlite_error_code() else {
            return Self::Database { path: path.to_owned(), source };
        };
        match code {
            ErrorCode::DiskFull => Self::NoSpace { place: path.to_owned() },
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::corrupt(
                sentence::database(path),
                Sentence::new("restore-tenant", "{detail}; nothing was deleted, restore the tenant from its last backup")
                    .with("detail", &source),
            ),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                Self::unavailable(sentence::database(path), Sentence::new("held", "another connection holds it, try again"))
            }
            ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen => Self::unavailable(
                sentence::database(path),
                Sentence::new(
                    "check-rights",
                    "{detail}; check that the file and its folder belong to the user of this program and can be written",
                )
                .with("detail", of_sqlite(&source)),
            ),
            _ => Self::Database { path: path.to_owned(), source },
        }
    }
}

/// What SQLite calls it; its own message repeats the path.
fn of_sqlite(source: &rusqlite::Error) -> Sentence {
    source.sqlite_error().map_or_else(|| Sentence::from(source), Sentence::from)
}

/// What the operating system said, in words where they are known.
fn of_system(source: &io::Error) -> Sentence {
    match source.kind() {
        io::ErrorKind::NotFound => Sentence::new("not-there", "it is not there"),
        io::ErrorKind::PermissionDenied => Sentence::new("no-permission", "the permission is missing"),
        io::ErrorKind::ReadOnlyFilesystem => Sentence::new("read-only", "the disk is read-only"),
        io::ErrorKind::NotADirectory => Sentence::new("no-folder", "it is no folder"),
        _ => Sentence::from(source),
    }
}

fn io_kind(source: &io::Error) -> Kind {
    match source.kind() {
        io::ErrorKind::NotFound => Kind::NotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Kind::Unavailable,
        _ => Kind::Internal,
    }
}

fn is_full(source: &io::Error) -> bool {
    matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}
