-- Instants are microseconds since 1970, UTC. Hashes and keys are blobs.

-- What there is once: whose database this is, how far the log is sealed.
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- The change log. A header is the audit entry: position, time, actor, purpose, run, hash of the
-- payload. hash = SHA-256(hash of the row before, header). The payload holds the effects with
-- class, subject and origin; it may be erased, the chain still verifies.
-- lasting: it holds more than values of attributes, so sealing does not make it superfluous.
CREATE TABLE log (
    seq INTEGER NOT NULL PRIMARY KEY,
    header BLOB NOT NULL,
    payload BLOB,
    hash BLOB NOT NULL,
    lasting INTEGER NOT NULL
) STRICT;

-- Which commits concern a person, by keyed hash: the one way to find them again.
CREATE TABLE log_subject (
    subject BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (subject, seq)
) STRICT, WITHOUT ROWID;

-- The manifest: what is listed here is history, nothing else is.
CREATE TABLE segment (
    object TEXT NOT NULL PRIMARY KEY,
    seq_first INTEGER NOT NULL,
    seq_last INTEGER NOT NULL,
    time_first INTEGER NOT NULL,
    time_last INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Objects that may exist without standing in the manifest: about to be written, or replaced.
CREATE TABLE intent (
    id INTEGER PRIMARY KEY AUTOINCREMENT
) STRICT;

CREATE TABLE intent_object (
    intent INTEGER NOT NULL REFERENCES intent (id) ON DELETE CASCADE,
    object TEXT NOT NULL,
    PRIMARY KEY (intent, object)
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
    name TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    paused INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source_version (
    name TEXT NOT NULL REFERENCES source (name),
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (name, version)
) STRICT;

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    version INTEGER NOT NULL,
    input TEXT NOT NULL,
    checksum BLOB NOT NULL,
    at INTEGER NOT NULL,
    finished_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    records INTEGER NOT NULL DEFAULT 0,
    written INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    corrected INTEGER NOT NULL DEFAULT 0,
    flagged INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    message TEXT
) STRICT;

CREATE INDEX run_of_source ON run (source, id);
CREATE INDEX run_of_file ON run (source, version, checksum) WHERE state = 'done';
CREATE INDEX run_open ON run (id) WHERE state = 'running';

-- sealed: reason and raw record, encrypted; both may quote persons.
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    run INTEGER NOT NULL,
    record INTEGER NOT NULL,
    field TEXT,
    sealed BLOB NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'discarded')),
    settled_run INTEGER,
    settled_at INTEGER
) STRICT;

CREATE INDEX quarantine_of_source ON quarantine (state, source, id);
CREATE INDEX quarantine_of_state ON quarantine (state, id);

CREATE TABLE account (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    must_change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    label TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    hash BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_of_account ON session (account);

CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
