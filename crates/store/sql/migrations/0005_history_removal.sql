-- What was removed from history and may still stand in segments, snapshots or payloads of the log:
-- readers leave it out. A row goes when nothing of it is left.
CREATE TABLE history_removal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    removal BLOB NOT NULL
) STRICT;

-- What a commit holds beside values (types, scopes, deletions) is sealed with them: no payload outlasts its seal.
ALTER TABLE log DROP COLUMN lasting;
