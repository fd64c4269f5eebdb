SELECT l.seq, l.header, NULL, l.hash, (SELECT p.hash FROM log p WHERE p.seq = l.seq - 1)
FROM log l
WHERE l.seq < ?1
ORDER BY l.seq DESC
LIMIT ?2
