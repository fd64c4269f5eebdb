DELETE FROM quarantine WHERE id = ?1 AND run = ?2 AND record = ?3
