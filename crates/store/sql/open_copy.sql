PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY;
