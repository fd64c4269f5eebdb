INSERT INTO file_removal (checksum, at, actor, gone)
SELECT ?1, ?2, 'erasure', 1
WHERE NOT EXISTS (SELECT 1 FROM file_removal WHERE checksum = ?1 AND gone = 1 AND actor = 'erasure')
