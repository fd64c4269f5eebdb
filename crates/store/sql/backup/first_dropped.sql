SELECT min(seq) FROM log WHERE seq > ?1 AND payload IS NULL HAVING min(seq) IS NOT NULL
