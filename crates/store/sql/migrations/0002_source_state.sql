-- How a source does: when it is looked at next, what the last look found.
-- trouble and memo are texts of whoever runs sources.
CREATE TABLE source_state (
    source TEXT NOT NULL PRIMARY KEY REFERENCES source (name),
    version INTEGER NOT NULL,
    due_at INTEGER,
    checked_at INTEGER,
    succeeded_at INTEGER,
    news_at INTEGER,
    observed_at INTEGER,
    failures INTEGER NOT NULL,
    trouble TEXT,
    memo TEXT NOT NULL
) STRICT, WITHOUT ROWID;
