INSERT OR REPLACE INTO quarantine (id, source, run, record, field, sealed, at, state, settled_run, settled_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
