INSERT INTO file_removal (checksum, at, actor, gone) VALUES (?1, ?2, ?3, 1)
