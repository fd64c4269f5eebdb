SELECT 1 FROM file_removal WHERE checksum = ?1 LIMIT 1
