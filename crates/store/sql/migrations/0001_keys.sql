-- The key store. Its rows are the only copies of the keys: destroying one makes what was
-- encrypted with it unreadable everywhere, backups of the data included.
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant_key (
    purpose TEXT NOT NULL PRIMARY KEY,
    key BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers of destroyed keys are never given again: old ciphertext must not meet a new key.
CREATE TABLE subject_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject BLOB NOT NULL UNIQUE,
    key BLOB NOT NULL
) STRICT;
