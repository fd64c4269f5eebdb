//! What the small tables hold: sources, runs, quarantine, accounts, tokens,
//! sessions. Plain data; what may be done with it is decided above.

use crate::Sentence;
use model::{Entity, Instant};

/// The current state as of a position in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The last commit it contains.
    pub seq: u64,
    /// Every entity, in the order they were written.
    pub entities: Vec<Entity>,
}

/// What a walk along the audit chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// How many headers verify, from the first on.
    pub verified: u64,
    /// How many of them have lost their payload to sealing or erasure; they verify all the same.
    pub dropped: u64,
    /// The first position that does not verify, and why.
    pub broken: Option<BrokenLink>,
}

/// Where the audit chain breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLink {
    /// Position in the log.
    pub seq: u64,
    /// What does not fit.
    pub reason: Sentence,
}

/// One version of a source's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// The source's name.
    pub name: String,
    /// Its version, from 1.
    pub version: u64,
    /// The definition, as it was written.
    pub text: String,
    /// When this version was put.
    pub at: Instant,
    /// Who put it.
    pub actor: String,
    /// Whether the source rests (of the source, not of the version).
    pub paused: bool,
}

/// How a source does, as whoever runs it noted last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceState {
    /// Which version of its definition this speaks of; 0 when nobody looked yet.
    pub version: u64,
    /// When it is looked at next; `None` when nobody planned it.
    pub due_at: Option<Instant>,
    /// When it was looked at last, or sent something.
    pub checked_at: Option<Instant>,
    /// When that went well last.
    pub succeeded_at: Option<Instant>,
    /// When it last brought a value that was not there.
    pub news_at: Option<Instant>,
    /// The newest observation it brought.
    pub observed_at: Option<Instant>,
    /// How often in a row it failed.
    pub failures: u64,
    /// Why it failed last; `None` after a success.
    pub trouble: Option<String>,
    /// What whoever runs it wants to remember.
    pub memo: String,
}

/// A source as its schedule sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// The source's name.
    pub source: String,
    /// The current version of its definition.
    pub version: u64,
    /// Whether it rests.
    pub paused: bool,
    /// How it does.
    pub state: SourceState,
}

/// A run that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The source's name.
    pub source: String,
    /// Which version of its definition.
    pub version: u64,
    /// What is read: a file's name, or `push`.
    pub input: String,
    /// SHA-256 of what is read.
    pub checksum: [u8; 32],
    /// When it begins.
    pub at: Instant,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It is at work.
    Running,
    /// It has read everything.
    Done,
    /// It gave up; the message says why.
    Failed,
    /// The process ended before it did.
    Interrupted,
}

/// What a run has done: at its end, or on the way with [`RunState::Running`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOutcome {
    /// When.
    pub at: Instant,
    /// How far it came.
    pub state: RunState,
    /// Records read.
    pub records: u64,
    /// Values written for the first time.
    pub written: u64,
    /// Values that were there already.
    pub unchanged: u64,
    /// Values that replaced another one for the same instant.
    pub corrected: u64,
    /// Values kept with a quality flag.
    pub flagged: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// What a person should read about it.
    pub message: Option<String>,
}

/// A run, begun and perhaps finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its number, never used twice.
    pub id: u64,
    /// The source's name.
    pub source: String,
    /// Which version of its definition.
    pub version: u64,
    /// What was read.
    pub input: String,
    /// SHA-256 of what was read.
    pub checksum: [u8; 32],
    /// When it began.
    pub at: Instant,
    /// When it ended; `None` while it runs.
    pub finished_at: Option<Instant>,
    /// How far it came.
    pub state: RunState,
    /// Records read.
    pub records: u64,
    /// Values written for the first time.
    pub written: u64,
    /// Values that were there already.
    pub unchanged: u64,
    /// Values that replaced another one for the same instant.
    pub corrected: u64,
    /// Values kept with a quality flag.
    pub flagged: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// What a person should read about it.
    pub message: Option<String>,
    /// How often it failed again in the same way afterwards.
    pub repeats: u64,
    /// When it did last.
    pub repeated_at: Option<Instant>,
}

/// A raw input as it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredFile {
    /// SHA-256 of the content: its name from now on.
    pub checksum: [u8; 32],
    /// Size of the content, before compression and encryption.
    pub size_bytes: u64,
}

/// What became of removing a raw input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRemoval {
    /// It is gone.
    Done,
    /// It was not there.
    NotThere,
    /// A run has read it, so it stays.
    Needed {
        /// The newest of them.
        run: u64,
    },
}

/// A raw input that was removed on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedFile {
    /// SHA-256 of what it held.
    pub checksum: [u8; 32],
    /// When it was removed.
    pub at: Instant,
    /// Who did it.
    pub actor: String,
}

/// A record that could not be harmonised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineItem {
    /// The source it came from.
    pub source: String,
    /// The run that met it.
    pub run: u64,
    /// Its place in what the run read, from 1.
    pub record: u64,
    /// The record as it came.
    pub raw: Vec<u8>,
    /// What reading it again needs beside its bytes, as whoever set it aside wrote it.
    pub context: String,
    /// Why it could not be used. May quote the record: it is encrypted with it.
    pub reason: String,
    /// The field the reason speaks of.
    pub field: Option<String>,
    /// When it was set aside.
    pub at: Instant,
}

/// What became of a quarantined record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarantineState {
    /// It waits.
    Open,
    /// It was read again with a mended mapping.
    Replayed,
    /// Somebody decided that it is not needed.
    Discarded,
}

/// A quarantined record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Its number, never used twice.
    pub id: u64,
    /// What was set aside.
    pub item: QuarantineItem,
    /// What became of it.
    pub state: QuarantineState,
    /// The run that replayed it.
    pub settled_run: Option<u64>,
    /// When that was decided.
    pub settled_at: Option<Instant>,
}

/// An account with a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name people log in with.
    pub name: String,
    /// The role.
    pub role: String,
    /// The password's hash in PHC format.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Instant,
    /// Whether the password must be changed at the next login.
    pub must_change: bool,
}

/// What becomes of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// It is made, or becomes this.
    Put(Account),
    /// It goes.
    Remove,
}

/// A token for programs. The token itself is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its public name.
    pub id: String,
    /// Hash of the token.
    pub hash: [u8; 32],
    /// What it is for.
    pub label: String,
    /// The role it gives.
    pub role: String,
    /// The account of the person who made it; `None` is one of the operator.
    pub account: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// When it was taken back.
    pub revoked_at: Option<Instant>,
    /// When it was last used.
    pub last_used: Option<Instant>,
}

/// A session of a browser. Its secret is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Hash of the session's secret.
    pub hash: [u8; 32],
    /// Whose it is.
    pub account: String,
    /// When it began.
    pub created_at: Instant,
    /// When it was last used.
    pub last_used: Instant,
    /// From when on it is refused.
    pub expires_at: Instant,
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The tenant.
    pub tenant: model::TenantId,
    /// The folder of the point it added.
    pub point: std::path::PathBuf,
    /// The last commit it contains.
    pub last_seq: u64,
    /// How many files, without the manifest.
    pub files: u64,
    /// How large they are together.
    pub size_bytes: u64,
    /// How much of that was not in the point before.
    pub copied_bytes: u64,
}
