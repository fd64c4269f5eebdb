SELECT id, hash, label, role, account, created_at, expires_at, revoked_at, last_used FROM token WHERE account = ?1 ORDER BY created_at DESC, id
