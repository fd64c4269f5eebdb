SELECT id, source, run, record, field, sealed, at, state, settled_run, settled_at
FROM quarantine
WHERE state = ?1 AND id > ?2
ORDER BY id
LIMIT ?3
