UPDATE log SET payload = NULL WHERE seq > ?1 AND seq <= ?2 AND payload IS NOT NULL
