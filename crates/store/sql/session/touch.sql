UPDATE session SET last_used = ?2 WHERE hash = ?1
