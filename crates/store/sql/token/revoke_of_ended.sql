UPDATE token SET revoked_at = ?2 WHERE account = ?1 AND revoked_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM account WHERE name = ?1 AND password_hash <> '')
