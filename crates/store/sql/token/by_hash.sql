SELECT id, hash, label, role, account, created_at, expires_at, revoked_at, last_used FROM token WHERE hash = ?1
