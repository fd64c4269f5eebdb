INSERT INTO account (name, role, password_hash, created_at, must_change) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash, created_at = excluded.created_at, must_change = excluded.must_change
