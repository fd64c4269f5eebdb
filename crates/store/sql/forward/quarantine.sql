SELECT id, source, run, record, field, sealed, at, state, settled_run, settled_at FROM quarantine WHERE at <= ?1
