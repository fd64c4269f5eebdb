INSERT INTO log (seq, header, payload, hash) VALUES (?1, ?2, NULL, ?3)
