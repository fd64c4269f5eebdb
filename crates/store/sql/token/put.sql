INSERT INTO token (id, hash, label, role, account, created_at, expires_at, revoked_at, last_used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, label = excluded.label, role = excluded.role, account = excluded.account,
    created_at = excluded.created_at, expires_at = excluded.expires_at, revoked_at = excluded.revoked_at, last_used = excluded.last_used
