SELECT key FROM tenant_key WHERE purpose = ?1
