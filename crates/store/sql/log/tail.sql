SELECT l.seq, l.header, l.payload, l.hash, (SELECT p.hash FROM log p WHERE p.seq = l.seq - 1)
FROM log l
WHERE l.seq > ?1 AND l.payload IS NOT NULL
ORDER BY l.seq
LIMIT ?2
