-- A run that failed again in the same way is counted with the first one: how often, and when last.
ALTER TABLE run ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN repeated_at INTEGER;
