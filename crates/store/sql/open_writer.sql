-- auto_vacuum takes effect only before the first table, journal_mode stays in the file.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
-- Every commit is synced before it is confirmed.
PRAGMA synchronous = FULL;
-- The writer checkpoints by itself between transactions.
PRAGMA wal_autocheckpoint = 0;
-- Deleted content is overwritten with zeros.
PRAGMA secure_delete = ON;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
-- Sorting never writes plain values to files elsewhere.
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -4096;
