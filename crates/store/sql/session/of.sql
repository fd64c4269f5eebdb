SELECT hash, account, created_at, last_used, expires_at FROM session WHERE account = ?1 ORDER BY created_at DESC
