-- Raw inputs that were removed on purpose: who did it, and when. Announced first; gone is 1 when
-- the file is off the disk. The rows stay, as the audit.
CREATE TABLE file_removal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    checksum BLOB NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX file_removal_of_file ON file_removal (checksum);
CREATE INDEX run_of_input ON run (checksum);
