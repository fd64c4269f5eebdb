INSERT INTO source (name, version, paused) VALUES (?1, ?2, ?3)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, paused = excluded.paused
