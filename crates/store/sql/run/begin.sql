INSERT INTO run (source, version, input, checksum, at, state) VALUES (?1, ?2, ?3, ?4, ?5, 'running') RETURNING id
