INSERT INTO session (hash, account, created_at, last_used, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (hash) DO UPDATE SET account = excluded.account, created_at = excluded.created_at, last_used = excluded.last_used, expires_at = excluded.expires_at
