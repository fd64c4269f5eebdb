INSERT INTO file_removal (checksum, at, actor) VALUES (?1, ?2, ?3) RETURNING id
