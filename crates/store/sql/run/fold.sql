UPDATE run SET repeats = repeats + 1, repeated_at = ?2
WHERE id = (SELECT max(earlier.id) FROM run AS earlier, run AS again WHERE again.id = ?1 AND earlier.source = again.source AND earlier.id < again.id)
  AND state = 'failed'
  AND (version, input, message) IS (SELECT version, input, message FROM run WHERE id = ?1)
RETURNING id
