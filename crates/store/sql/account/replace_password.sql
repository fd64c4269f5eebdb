UPDATE account SET password_hash = ?3, must_change = 0 WHERE name = ?1 AND password_hash = ?2
