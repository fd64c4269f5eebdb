INSERT INTO log (seq, header, payload, hash) VALUES (?1, ?2, ?3, ?4)
