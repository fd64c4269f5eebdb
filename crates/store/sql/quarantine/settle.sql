UPDATE quarantine SET state = ?2, settled_run = ?3, settled_at = ?4 WHERE id = ?1
