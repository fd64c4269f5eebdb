SELECT hash, account, created_at, last_used, expires_at FROM session WHERE hash = ?1
