UPDATE token SET last_used = ?2 WHERE id = ?1
