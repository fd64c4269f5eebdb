INSERT INTO log (seq, header, payload, hash, lasting) VALUES (?1, ?2, ?3, ?4, ?5)
