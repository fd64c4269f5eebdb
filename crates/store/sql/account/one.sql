SELECT name, role, password_hash, created_at, must_change FROM account WHERE name = ?1
