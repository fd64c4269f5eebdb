SELECT id FROM run WHERE source = ?1 AND version = ?2 AND checksum = ?3 AND state = 'done' ORDER BY id DESC LIMIT 1
