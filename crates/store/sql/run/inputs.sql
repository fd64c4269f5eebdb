SELECT min(id), checksum
FROM run
WHERE checksum <> zeroblob(32) AND checksum NOT IN (SELECT checksum FROM file_removal WHERE gone = 1 AND actor IN ('import', 'erasure'))
GROUP BY checksum
