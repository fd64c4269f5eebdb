INSERT INTO quarantine (source, run, record, field, sealed, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
