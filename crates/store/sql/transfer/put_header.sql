INSERT INTO log (seq, header, payload, hash, lasting) VALUES (?1, ?2, NULL, ?3, 0)
