INSERT INTO tenant_key (purpose, key) VALUES (?1, ?2)
