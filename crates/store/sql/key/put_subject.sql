INSERT INTO subject_key (subject, key) VALUES (?1, ?2) RETURNING id
